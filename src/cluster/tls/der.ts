/**
 * The distinguished encoding of ASN.1 (ITU-T X.690), as much of it as a certificate takes: every value is a tag, a length and its content.
 */

const encode = (tag: number, ...content: readonly Uint8Array[]): Uint8Array => {
  const body = Buffer.concat(content);
  return Buffer.concat([Buffer.of(tag), lengthOf(body.length), body]);
};

/** Below 128 one byte, else the number of bytes that follow, and these. */
function lengthOf(length: number): Uint8Array {
  if (length < 0x80) return Buffer.of(length);
  const bytes: number[] = [];
  for (let left = length; left > 0; left = Math.floor(left / 256)) bytes.unshift(left % 256);
  return Buffer.of(0x80 | bytes.length, ...bytes);
}

export const sequence = (...parts: readonly Uint8Array[]): Uint8Array => encode(0x30, ...parts);
export const set = (...parts: readonly Uint8Array[]): Uint8Array => encode(0x31, ...parts);
export const octets = (content: Uint8Array): Uint8Array => encode(0x04, content);
export const utf8 = (text: string): Uint8Array => encode(0x0c, Buffer.from(text));
export const yes: Uint8Array = encode(0x01, Buffer.of(0xff));

/** A number from 0 up, its bytes the largest first. */
export function integer(bytes: Uint8Array): Uint8Array {
  const first = bytes.findIndex((byte) => byte !== 0);
  const digits = first < 0 ? Buffer.of(0) : bytes.subarray(first);
  // a first bit would be its sign
  return encode(0x02, ...((digits[0] as number) >= 0x80 ? [Buffer.of(0)] : []), digits);
}

/** `unused`: bits of the last byte that say nothing. */
export const bits = (content: Uint8Array, unused = 0): Uint8Array => encode(0x03, Buffer.of(unused), content);

/** `2.5.29.17` */
export function objectId(dotted: string): Uint8Array {
  const [first = 0, second = 0, ...rest] = dotted.split(".").map(Number);
  return encode(0x06, Buffer.from([40 * first + second, ...rest].flatMap(base128)));
}

/** Seven bits a byte, all but the last marked. */
function base128(value: number): number[] {
  const groups = [value % 128];
  for (let left = Math.floor(value / 128); left > 0; left = Math.floor(left / 128)) groups.unshift(0x80 | (left % 128));
  return groups;
}

/** To the second; with two digits for the year until 2049, as certificates must (RFC 5280, 4.1.2.5). */
export function time(ms: number): Uint8Array {
  const digits = `${new Date(ms).toISOString().replaceAll(/[-:T]|\..*/g, "")}Z`;
  return Number(digits.slice(0, 4)) < 2050 ? encode(0x17, Buffer.from(digits.slice(2))) : encode(0x18, Buffer.from(digits));
}

/** `[number]` around whole values. */
export const explicit = (number: number, ...parts: readonly Uint8Array[]): Uint8Array => encode(0xa0 | number, ...parts);

/** `[number]` in place of the tag of a value that is no sequence. */
export const implicit = (number: number, content: Uint8Array): Uint8Array => encode(0x80 | number, content);
