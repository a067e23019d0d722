/** One part of a body of several: RFC 2046 §5.1. */
export interface Part {
  /** By name in lower case. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: Buffer;
}

/** Undefined where this is no `multipart/…` or names no boundary. */
export function boundaryOf(contentType: string | undefined): string | undefined {
  const found = /^multipart\/[^;]+;.*?\bboundary=(?:"([^"]+)"|([^\s;"]+))/i.exec(contentType ?? "");
  return found?.[1] ?? found?.[2];
}

/** What stands before the first boundary and after the last one is nobody's. A part that is cut off is left out. */
export function partsOf(body: Buffer, boundary: string): readonly Part[] {
  const between = Buffer.from(`\r\n--${boundary}`);
  // the first boundary may stand at the very beginning
  const text = Buffer.concat([Buffer.from("\r\n"), body]);
  const parts: Part[] = [];
  for (let at = text.indexOf(between); at !== -1;) {
    const begin = at + between.length;
    const end = text.indexOf(between, begin);
    if (end === -1) break;
    const part = partOf(text.subarray(begin, end));
    if (part !== undefined) parts.push(part);
    at = end;
  }
  return parts;
}

function partOf(bytes: Buffer): Part | undefined {
  const head = bytes.indexOf("\r\n\r\n");
  if (head === -1) return undefined;
  const lines = bytes.subarray(0, head).toString("latin1").split("\r\n");
  const headers = lines.flatMap((line): [string, string][] => {
    const colon = line.indexOf(":");
    return colon === -1 ? [] : [[line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()]];
  });
  return { headers: new Map(headers), body: bytes.subarray(head + 4) };
}
