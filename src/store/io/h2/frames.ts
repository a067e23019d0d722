/** The words of HTTP/2's framing, RFC 9113 §4, §6, §7. */

/** What a client's connection begins with, §3.4. */
export const preface = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "latin1");

export const frameHeaderBytes = 9;

export const frameType = {
  data: 0,
  headers: 1,
  priority: 2,
  resetStream: 3,
  settings: 4,
  pushPromise: 5,
  ping: 6,
  goAway: 7,
  windowUpdate: 8,
  continuation: 9,
} as const;

export const flag = { ack: 0x01, endStream: 0x01, endHeaders: 0x04, padded: 0x08, priority: 0x20 } as const;

export const setting = {
  headerTableSize: 1,
  enablePush: 2,
  maxConcurrentStreams: 3,
  initialWindowSize: 4,
  maxFrameSize: 5,
  maxHeaderListSize: 6,
} as const;

export const errorCode = {
  noError: 0x0,
  protocolError: 0x1,
  internalError: 0x2,
  flowControlError: 0x3,
  settingsTimeout: 0x4,
  streamClosed: 0x5,
  frameSizeError: 0x6,
  refusedStream: 0x7,
  cancel: 0x8,
  compressionError: 0x9,
  enhanceYourCalm: 0xb,
} as const;

export type ErrorCode = (typeof errorCode)[keyof typeof errorCode];

/** The largest window there is, §6.9.1. */
export const windowMax = 2 ** 31 - 1;
/** What a window is before anybody said anything, §6.9.2. */
export const defaultWindow = 65_535;

/** Trouble that ends the connection, §5.4.1. */
export class ConnectionError extends Error {
  override readonly name = "ConnectionError";
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}

export function protocolError(why: string): ConnectionError {
  return new ConnectionError(errorCode.protocolError, why);
}

export function frameSizeError(what: string): ConnectionError {
  return new ConnectionError(errorCode.frameSizeError, `${what} of a wrong length`);
}

/** What is not padding of the payload `bytes[start, end)`, whose first byte is the padding's length. §6.1. */
export function unpadded(bytes: Buffer, start: number, end: number): [start: number, end: number] {
  const padding = bytes[start] as number;
  if (start === end) throw frameSizeError("a padded frame");
  if (padding >= end - start) throw protocolError("more padding than frame");
  return [start + 1, end - padding];
}
