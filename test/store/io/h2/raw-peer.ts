import { Duplex } from "node:stream";
import { frameType, preface } from "../../../../src/store/io/h2/frames.js";
import { encodeFields } from "../../../../src/store/io/h2/hpack.js";

/** A client that says whatever bytes it likes, without a network. */
export class RawPeer {
  readonly #socket: Duplex;
  #said: Buffer[] = [];
  /** Calls back for writes that are held up. */
  #held: (() => void)[] = [];
  reads = true;
  /** What the server has written in one go, by its bytes. */
  readonly writes: number[] = [];

  constructor(accept: (socket: Duplex) => void) {
    const take = (chunks: readonly Buffer[], done: () => void): void => {
      // copies: what was written is written into again once the write is done
      this.#said.push(...chunks.map((chunk) => Buffer.from(chunk)));
      this.writes.push(chunks.reduce((sum, { length }) => sum + length, 0));
      if (this.reads) done();
      else this.#held.push(done);
    };
    this.#socket = new Duplex({
      read() {},
      write: (chunk: Buffer, _encoding, done) => take([chunk], done),
      writev: (chunks, done) =>
        take(
          chunks.map(({ chunk }: { chunk: Buffer }) => chunk),
          done,
        ),
    });
    accept(this.#socket);
  }

  get closed(): boolean {
    return this.#socket.destroyed || this.#socket.writableEnded;
  }

  /** Sends, and waits until the server has had its say. */
  async say(...bytes: readonly Buffer[]): Promise<void> {
    for (const chunk of bytes) if (!this.#socket.destroyed) this.#socket.push(Buffer.from(chunk));
    for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve));
  }

  /** Reads on after {@link reads} was false. */
  resume(): void {
    this.reads = true;
    for (const done of this.#held.splice(0)) done();
  }

  hangUp(): void {
    this.#socket.destroy();
  }

  halfClose(): void {
    this.#socket.push(null);
  }

  /** The frames the server has sent so far; throws where it sent anything else. */
  get frames(): Frame[] {
    const bytes = Buffer.concat(this.#said);
    const frames: Frame[] = [];
    for (let at = 0; at < bytes.length;) {
      const end = at + 9 + bytes.readUIntBE(at, 3);
      if (end > bytes.length) throw new Error(`half a frame at ${at}`);
      frames.push({
        type: bytes[at + 3] as number,
        flags: bytes[at + 4] as number,
        id: bytes.readUInt32BE(at + 5),
        payload: bytes.subarray(at + 9, end),
      });
      at = end;
    }
    return frames;
  }

  /** Of GOAWAY. */
  get goAway(): number | undefined {
    return this.frames.find(({ type }) => type === frameType.goAway)?.payload.readUInt32BE(4);
  }

  /** Of RST_STREAM, by stream. */
  get resets(): ReadonlyMap<number, number> {
    const resets = this.frames.filter(({ type }) => type === frameType.resetStream);
    return new Map(resets.map(({ id, payload }) => [id, payload.readUInt32BE(0)]));
  }

  /** The gRPC status that ended the stream. */
  statusOf(stream: number): string | undefined {
    const last = this.frames.findLast(({ type, id }) => type === frameType.headers && id === stream);
    return /grpc-status.(\d+)/s.exec(last?.payload.toString("latin1") ?? "")?.[1];
  }
}

export interface Frame {
  readonly type: number;
  readonly flags: number;
  readonly id: number;
  readonly payload: Buffer;
}

export function frame(type: number, flags: number, id: number, payload: Uint8Array | readonly number[] = []): Buffer {
  const header = Buffer.alloc(9);
  header.writeUIntBE(payload.length, 0, 3);
  header[3] = type;
  header[4] = flags;
  header.writeUInt32BE(id, 5);
  return Buffer.concat([header, Buffer.from(payload)]);
}

export function u32(...values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 4);
  values.forEach((value, index) => bytes.writeUInt32BE(value, index * 4));
  return bytes;
}

export function settingsOf(name: number, value: number): Buffer {
  return Buffer.concat([Buffer.of(0, name), u32(value)]);
}

export const greeting = Buffer.concat([preface, frame(frameType.settings, 0, 0)]);

/** A request's header block. */
export function requestBlock(path: string, ...more: (readonly [string, string])[]): Buffer {
  return encodeFields([
    [":method", "POST"],
    [":scheme", "http"],
    [":path", path],
    ["content-type", "application/grpc"],
    ["te", "trailers"],
    ...more,
  ]);
}
