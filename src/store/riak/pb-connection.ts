import { Output } from "../io/h2/output.js";
import type { Pages } from "../io/h2/output.js";
import type { LeaderlessStore } from "../leaderless/api.js";
import { WireError } from "../wire/decode.js";
import { encode } from "../wire/encode.js";
import { RpbErrorResp } from "./bucket-messages.js";
import { Refusal } from "./call.js";
import type { Call, Reply, Session } from "./call.js";
import { calls } from "./calls.js";
import { code as codes, unsupported } from "./codes.js";
import { FrameCutter } from "./frame-cutter.js";
import type { Frame } from "./frame-cutter.js";
import type { HeldOfClients } from "./held.js";
import { messageBytesMax, unsentBytesMax, waitingBytesMax } from "./limits.js";

const overload = "overload";

/**
 * The server's end of one connection of Riak's protocol buffers, without its socket: bytes come in by {@link receive}, what is to be sent is in
 * {@link output}. Requests are answered one after the other, in the order in which they came; those that come meanwhile wait as bytes. It never
 * throws over what a client sends. https://docs.riak.com/riak/kv/2.2.3/developing/api/protocol-buffers/
 */
export class PbConnection {
  readonly output: Output;
  readonly #session: Session;
  readonly #held: HeldOfClients;
  readonly #wake: () => void;
  readonly #cutter = new FrameCutter();
  readonly #ways: Ways = {
    say: (code, bytes) => this.#say(code, bytes),
    fail: (text) => this.#error(text),
    hasRoom: () => this.#hasRoom,
    done: () => {
      this.#answering = undefined;
      this.#pump();
    },
  };
  #answering: Answering | undefined;
  /** Of what was taken out of the output, so much is not sent yet. */
  #socketBytes = 0;
  #isPumping = false;
  #closed = false;
  /** So much of {@link #held} is of this connection: what came and was not begun, and what is not sent. */
  #incomingBytes = 0;
  #outgoingBytes = 0;

  /** `held`: of all connections; `wake` says that there is something in the output. */
  constructor(pages: Pages, held: HeldOfClients, store: LeaderlessStore, newKey: () => string, wake: () => void) {
    this.output = new Output(pages);
    this.#held = held;
    this.#session = { store, newKey, clientId: Buffer.alloc(4) };
    this.#wake = wake;
  }

  /** Nothing is read any more, and what is in the output is the last. */
  get closed(): boolean {
    return this.#closed;
  }

  /** False: the socket is to keep what it has until enough is answered, and taken. */
  get wantsInput(): boolean {
    const isStuck = this.#answering !== undefined || !this.#hasRoom;
    return !this.#closed && !(isStuck && this.#cutter.bytes >= waitingBytesMax);
  }

  /** The client has begun a message, and nothing but itself keeps it from sending the rest. */
  get isMidMessage(): boolean {
    return !this.#closed && this.#answering === undefined && this.#hasRoom && this.#cutter.bytes > 0;
  }

  receive(chunk: Buffer): void {
    if (this.#closed) return;
    this.#cutter.push(chunk);
    this.#pump();
  }

  /** Of what was taken out of the output, so much is not sent yet; goes on if that is little. */
  sent(socketBytes: number): void {
    this.#socketBytes = socketBytes;
    if (this.#closed) return;
    if (this.#hasRoom) this.#answering?.goOn();
    this.#pump();
  }

  /** The client is gone. */
  lost(): void {
    this.#closed = true;
    this.#answering?.abandon();
    this.#answering = undefined;
    this.#hold(0, 0);
  }

  get #hasRoom(): boolean {
    return this.#unsentBytes < unsentBytesMax;
  }

  get #unsentBytes(): number {
    return this.#socketBytes + this.output.bytes;
  }

  /** Begins requests until one takes its time. */
  #pump(): void {
    // answers that are there at once would else begin the next request within this one
    if (this.#isPumping) return;
    this.#isPumping = true;
    while (!this.#closed && this.#answering === undefined && this.#hasRoom) {
      const frame = this.#cutter.next();
      if (frame === undefined) {
        this.#refuseWhereFull();
        break;
      }
      this.#begin(frame);
    }
    this.#isPumping = false;
    this.#hold(this.#cutter.bytes, this.#unsentBytes);
  }

  /** Nobody may fill the memory with messages that they begin and never end. */
  #refuseWhereFull(): void {
    if (this.#cutter.bytes < waitingBytesMax || !this.#held.incoming.isFull) return;
    this.#cutter.leaveOut();
    this.#error(overload);
  }

  #hold(incomingBytes: number, outgoingBytes: number): void {
    this.#held.incoming.add(incomingBytes - this.#incomingBytes);
    this.#held.outgoing.add(outgoingBytes - this.#outgoingBytes);
    this.#incomingBytes = incomingBytes;
    this.#outgoingBytes = outgoingBytes;
  }

  #begin(frame: Frame): void {
    if (frame.type === "empty") {
      this.#error("Invalid message packet, reason: it has no message code");
      this.#closed = true;
      return;
    }
    if (frame.type === "tooLong") {
      this.#error(`A message of ${frame.bytes} bytes is too long: ${messageBytesMax} are taken at most`);
      return;
    }
    const call = calls.get(frame.code);
    if (call !== undefined && this.#held.outgoing.isFull) this.#error(overload);
    else if (call === undefined) this.#error(unsupported.get(frame.code) ?? `Unknown message code: ${frame.code}`);
    else this.#call(call, frame.body);
  }

  #call(call: Call, body: Buffer): void {
    const answering = new Answering(this.#ways);
    this.#answering = answering;
    try {
      answering.cancel = call(body, this.#session, answering);
    } catch (error) {
      if (error instanceof Refusal) answering.fail(error.message);
      else if (error instanceof WireError) answering.fail(`Error processing incoming message: ${error.message}`);
      else throw error;
    }
  }

  #error(text: string): void {
    this.#say(codes.errorResp, encode(RpbErrorResp, { errmsg: text, errcode: 0 }));
  }

  #say(code: number, body: Buffer): void {
    this.output.u32(body.length + 1);
    this.output.u8(code);
    this.output.append(body);
    this.#wake();
  }
}

interface Ways {
  readonly say: (code: number, body: Buffer) => void;
  readonly fail: (text: string) => void;
  readonly hasRoom: () => boolean;
  readonly done: () => void;
}

const noBytes = Buffer.alloc(0);

/** The request that is being answered. Whatever is said after its end, or after nobody waits any more, is not said. */
class Answering implements Reply {
  cancel: (() => void) | undefined;
  readonly #ways: Ways;
  #isOpen = true;
  #next: (() => void) | undefined;

  constructor(ways: Ways) {
    this.#ways = ways;
  }

  part(code: number, body: Buffer): void {
    if (this.#isOpen) this.#ways.say(code, body);
  }

  end(code: number, body = noBytes): void {
    this.part(code, body);
    this.#finish();
  }

  fail(text: string): void {
    if (this.#isOpen) this.#ways.fail(text);
    this.#finish();
  }

  whenRoom(next: () => void): void {
    if (!this.#isOpen) return;
    if (this.#ways.hasRoom()) next();
    else this.#next = next;
  }

  goOn(): void {
    const next = this.#next;
    this.#next = undefined;
    next?.();
  }

  abandon(): void {
    this.#isOpen = false;
    this.cancel?.();
  }

  #finish(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#ways.done();
  }
}
