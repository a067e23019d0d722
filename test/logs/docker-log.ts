import type { StreamName } from "../../src/core/log-record.js";
import type { Frame } from "../../src/logs/demux.js";

/** One entry of the engine's log file: a line, or a chunk of one when the text does not end in a newline. */
export interface Entry {
  readonly stream: StreamName;
  readonly stamp: string;
  readonly bytes: Uint8Array;
}

const encoder = new TextEncoder();

/** A stamp `ns` nanoseconds after noon. */
export function stampAt(ns: number): string {
  const seconds = Math.floor(ns / 1e9);
  const time = [Math.floor(seconds / 3600) + 12, Math.floor(seconds / 60) % 60, seconds % 60].map((n) =>
    String(n).padStart(2, "0"),
  );
  return `2026-11-21T${time.join(":")}.${String(ns % 1e9).padStart(9, "0")}Z`;
}

/** What moby's copier makes of one write that begins a line: chunks of 16 KiB that share one stamp. */
export function entriesOf(stream: StreamName, stamp: string, text: string): Entry[] {
  const bytes = encoder.encode(text);
  const entries: Entry[] = [];
  for (let start = 0; start < bytes.length; start += 16_384)
    entries.push({ stream, stamp, bytes: bytes.subarray(start, start + 16_384) });
  return entries;
}

/** One frame as `GET /containers/{id}/logs?timestamps=1` sends it. */
export function frame({ stream, stamp, bytes }: Entry): Uint8Array {
  const payload = ttyMessage({ stream, stamp, bytes });
  const out = new Uint8Array(8 + payload.length);
  out[0] = stream === "stdout" ? 1 : 2;
  new DataView(out.buffer).setUint32(4, payload.length);
  out.set(payload, 8);
  return out;
}

/** What a demuxer makes of one message. */
export function frameOf(stream: StreamName, bytes: Buffer): Frame {
  return { stream, bytes, start: 0, end: bytes.length };
}

/** The same without framing, as a container with a TTY has it. */
export function ttyMessage({ stamp, bytes }: Entry): Uint8Array {
  return concat([encoder.encode(`${stamp} `), bytes]);
}

export function concat(parts: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    out.set(part, offset);
    offset += part.length;
  }
  return out;
}

/** Cuts `bytes` into pieces of the given sizes, over and over. */
export function cut(bytes: Uint8Array, sizes: readonly number[]): Uint8Array[] {
  const out: Uint8Array[] = [];
  for (let start = 0, i = 0; start < bytes.length; i++) {
    const size = Math.max(1, sizes[i % sizes.length] ?? bytes.length);
    out.push(bytes.subarray(start, start + size));
    start += size;
  }
  return out;
}
