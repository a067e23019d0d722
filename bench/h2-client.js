/**
 * A gRPC client for load: HTTP/2 frames written straight to a socket (RFC 9113; HPACK, RFC 7541; gRPC over HTTP/2). A request is its
 * prepared bytes and two callbacks: no promise, no object per header, one write for all that one turn of the event loop asks. It does
 * what a client has to (settings, pings, windows both ways, GOAWAY, resets), in the clear only, and reads no header: a unary call that
 * brought a message went well, since a gRPC server that fails sends none.
 */
import { connect as connectSocket } from "node:net";
import { HeaderEncoder } from "./h2-headers.js";

const preface = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
const frameType = { data: 0, headers: 1, reset: 3, settings: 4, ping: 6, goAway: 7, windowUpdate: 8 };
const endStream = 1;
const ack = 1;
const endHeaders = 4;
const setting = { headerTableSize: 1, enablePush: 2, maxConcurrentStreams: 3, initialWindowSize: 4 };
/** The largest there is: what a server may send is limited by us only where we stop reading. */
const windowMax = 2 ** 31 - 1;
/** Consumed bytes are given back once there are this many. */
const creditBytes = 2 ** 28;
const defaultWindow = 65_535;
/** One message is one frame: the smallest limit that a server may have. */
const frameBytesMax = 16_384;
const prefixBytes = 5;
const patienceMs = 10_000;

/** Opens a connection to a gRPC server on this machine; resolves once its settings are known. */
export async function connectH2(port) {
  const socket = connectSocket({ host: "127.0.0.1", port, noDelay: true });
  const connection = new Connection(socket, `127.0.0.1:${port}`);
  const giveUp = setTimeout(() => socket.destroy(new Error(`port ${port} speaks no HTTP/2`)), patienceMs);
  try {
    await connection.ready;
  } finally {
    clearTimeout(giveUp);
  }
  return connection;
}

/** Streams are numbered by the client: 1, 3, 5 … */
class Connection {
  #socket;
  #headers;
  #out = Buffer.allocUnsafe(frameBytesMax * 4);
  #outAt = 0;
  #isReading = false;
  #flushIsDue = false;
  /** Beginning of a frame whose rest is still to come. */
  #rest;
  #nextId = 1;
  #streams = new Map();
  #sendWindow = defaultWindow;
  #streamWindow = defaultWindow;
  #streamsMax = Infinity;
  /** Calls that wait for a window or a stream. */
  #waiting = [];
  #consumed = 0;
  #settle;
  #failure;

  constructor(socket, authority) {
    this.#socket = socket;
    this.#headers = new HeaderEncoder(authority);
    this.ready = new Promise((resolve, reject) => (this.#settle = { resolve, reject }));
    socket.on("data", (chunk) => this.#read(chunk));
    socket.on("error", (error) => this.#fail(error));
    socket.on("close", () => this.#fail(new Error("the connection was closed")));
    const settings = Buffer.alloc(12);
    settings.writeUInt16BE(setting.enablePush, 0);
    settings.writeUInt16BE(setting.initialWindowSize, 6);
    settings.writeUInt32BE(windowMax, 8);
    this.#append(preface);
    this.#frame(frameType.settings, 0, 0, settings);
    this.#credit(0, windowMax - defaultWindow);
  }

  /**
   * Calls a method with one message and ends the request, unless `isOpen`: then more may follow, as for a watch.
   * @param {string} path "/package.Service/Method"
   * @param {Buffer} message protobuf bytes, at most one frame
   * @param {{onMessage: (bytes: Buffer) => void, onEnd: (error: Error | undefined) => void}} handlers
   *   bytes are valid during the callback only. `onEnd` says how the stream ended, not what the server thinks: where no message came
   *   before the end of a unary call, it has failed.
   */
  call(path, message, { onMessage, onEnd }, { isOpen = false } = {}) {
    if (message.length + prefixBytes > frameBytesMax) throw new RangeError("a message must fit into one frame");
    if (this.#failure !== undefined) return onEnd(this.#failure);
    const stream = { onMessage, onEnd, partial: undefined, consumed: 0 };
    if (this.#waiting.length > 0 || !this.#mayStart(message)) this.#waiting.push({ path, message, stream, isOpen });
    else this.#start(path, message, stream, isOpen);
  }

  close() {
    this.#socket.destroy();
  }

  #mayStart(message) {
    const bytes = message.length + prefixBytes;
    return this.#streams.size < this.#streamsMax && bytes <= this.#sendWindow && bytes <= this.#streamWindow;
  }

  #start(path, message, stream, isOpen) {
    const id = this.#nextId;
    this.#nextId += 2;
    this.#streams.set(id, stream);
    this.#frame(frameType.headers, endHeaders, id, this.#headers.encode(path));
    const length = message.length + prefixBytes;
    this.#head(length, frameType.data, isOpen ? 0 : endStream, id);
    const at = this.#outAt;
    this.#out[at] = 0;
    this.#out.writeUInt32BE(message.length, at + 1);
    this.#out.set(message, at + prefixBytes);
    this.#outAt += length;
    this.#sendWindow -= length;
  }

  #startWaiting() {
    while (this.#waiting.length > 0 && this.#mayStart(this.#waiting[0].message)) {
      const { path, message, stream, isOpen } = this.#waiting.shift();
      this.#start(path, message, stream, isOpen);
    }
  }

  #read(chunk) {
    const bytes = this.#rest === undefined ? chunk : Buffer.concat([this.#rest, chunk]);
    let at = 0;
    this.#isReading = true;
    while (bytes.length - at >= 9) {
      const length = bytes.readUIntBE(at, 3);
      if (bytes.length - at < 9 + length) break;
      const from = at + 9;
      at = from + length;
      this.#take(bytes[from - 6], bytes[from - 5], bytes.readUInt32BE(from - 4) % 2 ** 31, bytes.subarray(from, at));
    }
    this.#isReading = false;
    this.#rest = at === bytes.length ? undefined : bytes.subarray(at);
    if (this.#consumed > creditBytes) {
      this.#credit(0, this.#consumed);
      this.#consumed = 0;
    }
    this.#flush();
  }

  #take(type, flags, id, payload) {
    switch (type) {
      case frameType.data:
        this.#consumed += payload.length;
        this.#takeData(id, payload);
        if (flags & endStream) this.#end(id, undefined);
        return;
      case frameType.headers:
        if (flags & endStream) this.#end(id, undefined);
        return;
      case frameType.reset:
        return this.#end(id, new Error(`the server reset the stream: error ${payload.readUInt32BE(0)}`));
      case frameType.settings:
        if (!(flags & ack)) this.#takeSettings(payload);
        return;
      case frameType.ping:
        if (!(flags & ack)) this.#frame(frameType.ping, ack, 0, payload);
        return;
      case frameType.goAway:
        return this.#fail(new Error(`the server says GOAWAY: error ${payload.readUInt32BE(4)}`));
      case frameType.windowUpdate:
        if (id === 0) this.#sendWindow += payload.readUInt32BE(0);
        return this.#startWaiting();
      default:
    }
  }

  /** Messages of gRPC: a byte for compression (we offer none), four for the length. They may straddle frames. No server pads. */
  #takeData(id, payload) {
    const stream = this.#streams.get(id);
    if (stream === undefined) return;
    stream.consumed += payload.length;
    if (stream.consumed > creditBytes) {
      this.#credit(id, stream.consumed);
      stream.consumed = 0;
    }
    const bytes = stream.partial === undefined ? payload : Buffer.concat([stream.partial, payload]);
    let at = 0;
    while (bytes.length - at >= prefixBytes) {
      const end = at + prefixBytes + bytes.readUInt32BE(at + 1);
      if (end > bytes.length) break;
      stream.onMessage(bytes.subarray(at + prefixBytes, end));
      at = end;
    }
    stream.partial = at === bytes.length ? undefined : Buffer.from(bytes.subarray(at));
  }

  #takeSettings(payload) {
    for (let at = 0; at < payload.length; at += 6) {
      const value = payload.readUInt32BE(at + 2);
      switch (payload.readUInt16BE(at)) {
        case setting.headerTableSize:
          this.#headers.limit(value);
          break;
        case setting.maxConcurrentStreams:
          this.#streamsMax = value;
          break;
        case setting.initialWindowSize:
          // A stream sends once, when it starts: streams that are open need no correction.
          this.#streamWindow = value;
          break;
        default:
      }
    }
    this.#frame(frameType.settings, ack, 0, Buffer.alloc(0));
    this.#settle.resolve();
    this.#startWaiting();
  }

  #end(id, error) {
    const stream = this.#streams.get(id);
    if (stream === undefined) return;
    this.#streams.delete(id);
    stream.onEnd(error);
    if (this.#waiting.length > 0) this.#startWaiting();
  }

  #fail(error) {
    if (this.#failure !== undefined) return;
    this.#failure = error;
    this.#settle.reject(error);
    this.#socket.destroy();
    const open = [...this.#streams.values(), ...this.#waiting.map(({ stream }) => stream)];
    this.#streams.clear();
    this.#waiting = [];
    for (const { onEnd } of open) onEnd(error);
  }

  #credit(id, bytes) {
    const payload = Buffer.alloc(4);
    payload.writeUInt32BE(bytes);
    this.#frame(frameType.windowUpdate, 0, id, payload);
  }

  #frame(type, flags, id, payload) {
    this.#head(payload.length, type, flags, id);
    this.#append(payload);
  }

  /** Leaves room for the payload behind it. */
  #head(length, type, flags, id) {
    this.#makeRoom(9 + length);
    const out = this.#out;
    const at = this.#outAt;
    out.writeUIntBE(length, at, 3);
    out[at + 3] = type;
    out[at + 4] = flags;
    out.writeUInt32BE(id, at + 5);
    this.#outAt = at + 9;
  }

  #append(bytes) {
    this.#makeRoom(bytes.length);
    this.#out.set(bytes, this.#outAt);
    this.#outAt += bytes.length;
  }

  #makeRoom(bytes) {
    if (this.#outAt + bytes > this.#out.length) this.#flush();
    if (this.#isReading || this.#flushIsDue) return;
    this.#flushIsDue = true;
    setImmediate(() => {
      this.#flushIsDue = false;
      this.#flush();
    });
  }

  #flush() {
    if (this.#outAt === 0 || this.#failure !== undefined) return;
    this.#socket.write(this.#out.subarray(0, this.#outAt));
    // The socket keeps what it was given until it is sent.
    this.#out = Buffer.allocUnsafe(this.#out.length);
    this.#outAt = 0;
  }
}
