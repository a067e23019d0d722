import type { ErrorCode } from "./frames.js";
import type { Sender } from "./sender.js";

/** Who answers a stream's request. After `reset`, and after its answer is complete, it is told nothing. */
export interface StreamListener {
  /** The payload of a DATA frame: `bytes[start, end)`. `isLast`: {@link ended} follows at once. */
  data(bytes: Buffer, start: number, end: number, isLast: boolean): void;
  /** The client has said all. */
  ended(): void;
  /** The client, or the end of the connection, took the stream away. */
  reset(): void;
  /** After {@link Stream.data} has said false: there is room again. */
  drained(): void;
}

const deaf: StreamListener = { data() {}, ended() {}, reset() {}, drained() {} };

/** One request and its answer, from our side. RFC 9113 §5. */
export class Stream {
  readonly id: number;
  /** The second of the connection's life in which it was opened. */
  readonly openedSec: number;
  readonly #sender: Sender;
  readonly #reset: (stream: Stream, code: ErrorCode) => void;
  listener: StreamListener = deaf;

  /** The client has ended its side. */
  clientDone = false;
  /** Reset by either side, or answered to the end: nothing is to be sent. */
  closed = false;
  /** What we may send, §6.9; negative after the client made its initial window smaller. */
  sendWindow: number;
  /** What the client sent and was not credited with. */
  uncredited = 0;
  /** DATA that waits, with as many bytes of the first as are gone. */
  readonly waiting: Buffer[] = [];
  waitingFrom = 0;
  waitingBytes = 0;
  /** The header block that ends the stream, once the DATA before it is out. */
  trailers: Buffer | undefined;
  /** In the sender's round. */
  isReady = false;
  /** Its writer was told to stop. */
  isBlocked = false;

  constructor(
    id: number,
    openedSec: number,
    sendWindow: number,
    sender: Sender,
    reset: (stream: Stream, code: ErrorCode) => void,
  ) {
    this.id = id;
    this.openedSec = openedSec;
    this.sendWindow = sendWindow;
    this.#sender = sender;
    this.#reset = reset;
  }

  /** The header block of the answer. */
  headers(block: Buffer): void {
    if (!this.closed) this.#sender.headers(this, block, false);
  }

  /** `head` and `parts`, together `bytes` long, as DATA. `head` may be used again, the parts must stay as they are. False: stop for now. */
  data(head: Buffer, parts: readonly Buffer[], bytes: number): boolean {
    if (this.closed) return false;
    this.#sender.data(this, head, parts, bytes);
    return this.writable;
  }

  get writable(): boolean {
    return !this.closed && this.#sender.hasRoom(this);
  }

  /** Whether so many bytes of an answer can wait to be sent. */
  fits(bytes: number): boolean {
    return this.#sender.fits(bytes);
  }

  /** Ends the answer with this header block, which is all of it where nothing was sent before. */
  end(trailers: Buffer): void {
    if (!this.closed) this.#sender.end(this, trailers);
  }

  /** Takes the stream away from the client. */
  reset(code: ErrorCode): void {
    if (!this.closed) this.#reset(this, code);
  }
}
