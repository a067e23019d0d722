/** Metadata as the value of one record: each name (length 2, latin1) with its bytes (length 4). */
export function encodeMeta(meta: ReadonlyMap<string, Uint8Array>): Buffer {
  const parts: Uint8Array[] = [];
  for (const [name, bytes] of meta) {
    const head = Buffer.alloc(6);
    head.writeUInt16LE(name.length, 0);
    head.writeUInt32LE(bytes.length, 2);
    parts.push(head, Buffer.from(name, "latin1"), bytes);
  }
  return Buffer.concat(parts);
}

/** Of a value whose record was found whole. The bytes are copies. */
export function decodeMeta(value: Uint8Array): Map<string, Uint8Array> {
  const bytes = Buffer.from(value);
  const meta = new Map<string, Uint8Array>();
  for (let at = 0; at < bytes.length;) {
    const nameAt = at + 6;
    const bytesAt = nameAt + bytes.readUInt16LE(at);
    const end = bytesAt + bytes.readUInt32LE(at + 2);
    meta.set(bytes.toString("latin1", nameAt, bytesAt), Uint8Array.from(bytes.subarray(bytesAt, end)));
    at = end;
  }
  return meta;
}
