import type { Header } from "./message.js";

export interface Part {
  readonly headers: readonly Header[];
  readonly body: Uint8Array;
}

/** Several bodies as one, RFC 2046 §5.1. `boundary` is in none of them. */
export function multipart(parts: readonly Part[], boundary: string): { readonly contentType: string; readonly body: Buffer } {
  const pieces = parts.flatMap((part) => [partHead(part.headers, boundary), part.body]);
  return { contentType: multipartType(boundary), body: Buffer.concat([...pieces, partsEnd(boundary)]) };
}

export function multipartType(boundary: string): string {
  return `multipart/mixed; boundary=${boundary}`;
}

/** What stands before the body of a part. */
export function partHead(headers: readonly Header[], boundary: string): Buffer {
  const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.from(`\r\n--${boundary}\r\n${lines.join("")}\r\n`, "latin1");
}

export function partsEnd(boundary: string): Buffer {
  return Buffer.from(`\r\n--${boundary}--\r\n`, "latin1");
}
