import type { StreamName } from "../core/log-record.js";
import { chunkBytes, payloadOf, type Frame } from "./demux.js";
import { isStamp, parseStamp, zeroStamp } from "./stamp.js";

/** A line, or a chunk of a long one, without its stamp. */
export interface Piece {
  readonly stream: StreamName;
  readonly stamp: string;
  /** Without the newline. */
  readonly bytes: Buffer;
  /** True where a newline ended it. */
  readonly ended: boolean;
}

/** A message of the engine that is a whole line, as nearly all are; its stamp and what it says. */
export function wholeMessage({ bytes, start, end }: Frame): { readonly stamp: string; readonly text: string } | undefined {
  const stampEnd = start + fixedStampBytes;
  const lineEnd = end - 1;
  if (lineEnd < stampEnd || bytes[stampEnd] !== space || bytes.indexOf(newline, start) !== lineEnd) return undefined;
  const stamp = bytes.toString("latin1", start, stampEnd);
  if (lineEnd - stampEnd > maxLineBytes || !isStamp(stamp)) return undefined;
  return { stamp, text: bytes.toString("utf8", stampEnd + 1, bytes[lineEnd - 1] === carriageReturn ? lineEnd - 1 : lineEnd) };
}

/** A whole line as its program wrote it. */
export interface Line {
  readonly stream: StreamName;
  /** Of its first chunk. */
  readonly stamp: string;
  readonly text: string;
  readonly joined: boolean;
  readonly truncated: boolean;
}

/** Longer lines are cut here and flagged; their rest up to the newline is dropped. */
export const maxLineBytes = 1024 * 1024;

const utf8 = new TextDecoder("utf-8", { ignoreBOM: true });

const newline = 0x0a;
const carriageReturn = 0x0d;
const space = 0x20;
/** `2026-11-21T01:59:26.643171743Z`, as Docker writes all of its stamps. */
const fixedStampBytes = 30;
/** `2026-11-21T01:59:26.643171743+02:00` is the longest form. */
const maxStampBytes = 35;

/**
 * A frame's payload is one message with one stamp. An engine that packs several lines into a frame is understood too:
 * each may carry its own stamp, or share the one before it.
 */
export function toPieces(frame: Frame): Piece[] {
  const payload = payloadOf(frame);
  const pieces: Piece[] = [];
  let stamp: string | undefined;
  let start = 0;
  while (start < payload.length) {
    const lineEnd = payload.indexOf(newline, start);
    const ended = lineEnd !== -1;
    const end = ended ? lineEnd : payload.length;
    const message = payload.subarray(start, end);
    const own = leadingStamp(message);
    stamp = own?.stamp ?? stamp ?? zeroStamp;
    pieces.push({ stream: frame.stream, stamp, bytes: message.subarray(own?.length ?? 0), ended });
    start = end + 1;
  }
  return pieces;
}

function leadingStamp(message: Buffer): { readonly stamp: string; readonly length: number } | undefined {
  const start = message.subarray(0, maxStampBytes + 1);
  const stampEnd = start.indexOf(space);
  if (stampEnd === -1) return undefined;
  const text = utf8.decode(start.subarray(0, stampEnd));
  // Docker's stamps need no work, and this is done for every line
  const stamp = isStamp(text) ? text : parseStamp(text);
  return stamp === undefined ? undefined : { stamp, length: stampEnd + 1 };
}

interface OpenLine {
  readonly stamp: string;
  readonly chunks: Uint8Array[];
  count: number;
  keptBytes: number;
  truncated: boolean;
}

/**
 * Joins the pieces of one container's two streams into lines.
 *
 * A piece without a newline is either a chunk of a long line, and then it is {@link chunkBytes} long, or the last words of a
 * program that ended in the middle of a line. Those are a line at once: waiting for what follows would make the order of
 * lines depend on when they are read.
 */
export class LineJoiner {
  readonly #open = new Map<StreamName, OpenLine>();

  /** The line this piece finishes, if it does. */
  push(piece: Piece): Line | undefined {
    const open = this.#open.get(piece.stream);
    const last = piece.ended || piece.bytes.length < chunkBytes;
    if (open === undefined && last) return wholeLine(piece);
    const line = open ?? { stamp: piece.stamp, chunks: [], count: 0, keptBytes: 0, truncated: false };
    append(line, piece.bytes);
    if (last) return this.#close(piece.stream, line);
    this.#open.set(piece.stream, line);
    return undefined;
  }

  /** The lines that were open when their programs ended, exactly at the end of a chunk. */
  end(): Line[] {
    return [...this.#open].map(([stream, open]) => this.#close(stream, open));
  }

  /** True while the stream's last line has not ended. */
  isOpen(stream: StreamName): boolean {
    return this.#open.has(stream);
  }

  /** Smallest stamp among the open lines: chunks with this stamp may still come. */
  oldestOpen(): string | undefined {
    if (this.#open.size === 0) return undefined;
    const stamps = [...this.#open.values()].map((open) => open.stamp);
    return stamps.reduce((a, b) => (a < b ? a : b));
  }

  #close(stream: StreamName, open: OpenLine): Line {
    this.#open.delete(stream);
    const bytes = new Uint8Array(open.keptBytes);
    let offset = 0;
    for (const chunk of open.chunks) {
      bytes.set(chunk, offset);
      offset += chunk.length;
    }
    return { stream, stamp: open.stamp, text: decode(bytes, open.truncated), joined: open.count > 1, truncated: open.truncated };
  }
}

function wholeLine({ stream, stamp, bytes }: Piece): Line {
  const truncated = bytes.length > maxLineBytes;
  return { stream, stamp, text: decode(bytes.subarray(0, maxLineBytes), truncated), joined: false, truncated };
}

function append(open: OpenLine, bytes: Uint8Array): void {
  const kept = bytes.subarray(0, maxLineBytes - open.keptBytes);
  // a copy: the piece is a view of all that was read at once, and this line may stay open for long
  if (kept.length > 0) open.chunks.push(Buffer.from(kept));
  open.keptBytes += kept.length;
  open.truncated ||= kept.length < bytes.length;
  open.count += 1;
}

/** Bytes that are no UTF-8 become U+FFFD; a character cut in half by truncation is left out. */
function decode(bytes: Uint8Array, truncated: boolean): string {
  if (truncated) return new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes, { stream: true });
  return utf8.decode(bytes.at(-1) === carriageReturn ? bytes.subarray(0, -1) : bytes);
}
