/** IP addresses as the kernel compares them: whole, whatever way they were written. */

/** What a container answers to on the cluster's network. */
export interface Addresses {
  readonly v4: readonly string[];
  readonly v6: readonly string[];
}

export type Family = keyof Addresses;

export const noAddresses: Addresses = { v4: [], v6: [] };

/**
 * The address as 32-bit words of eight hex digits, one for IPv4 and four for IPv6 (RFC 4291, 2.2); undefined where it is neither.
 * `172.18.0.3` -> `["ac120003"]`, `fd00::3` -> `["fd000000", "00000000", "00000000", "00000003"]`.
 */
export function wordsOf(address: string): readonly string[] | undefined {
  return address.includes(":") ? wordsOfV6(address) : wordsOfV4(address);
}

/** One spelling per address, so that text comparison is address comparison. */
export function canonical(address: string): string {
  return wordsOf(address)?.join("") ?? address;
}

/**
 * The IPv6 address that an interface gives itself (RFC 4291, appendix A). Two nodes with IPv6 hear each other through it as well, so a
 * cut that forgets it leaks.
 */
export function linkLocalOf(mac: string): string | undefined {
  const bytes = mac.split(":").map((byte) => Number.parseInt(byte, 16));
  const [first, ...rest] = bytes;
  if (bytes.length !== 6 || first === undefined || bytes.some((byte) => Number.isNaN(byte))) return undefined;
  const eui = [first ^ 0x02, ...rest.slice(0, 2), 0xff, 0xfe, ...rest.slice(2)];
  const groups = [0, 2, 4, 6].map((at) => (((eui[at] ?? 0) << 8) | (eui[at + 1] ?? 0)).toString(16));
  return `fe80::${groups.join(":")}`;
}

function wordsOfV4(address: string): readonly string[] | undefined {
  const bytes = address.split(".").map((part) => (/^\d{1,3}$/.test(part) ? Number(part) : 256));
  if (bytes.length !== 4 || bytes.some((byte) => byte > 255)) return undefined;
  return [bytes.map((byte) => byte.toString(16).padStart(2, "0")).join("")];
}

function wordsOfV6(address: string): readonly string[] | undefined {
  const [head = "", tail, ...more] = address.toLowerCase().split("::");
  if (more.length > 0) return undefined;
  const left = groupsOf(head);
  const right = tail === undefined ? [] : groupsOf(tail);
  const missing = 8 - left.length - right.length;
  if (tail === undefined ? missing !== 0 : missing < 1) return undefined;
  const groups = [...left, ...Array<string>(missing).fill("0"), ...right];
  if (!groups.every((group) => /^[0-9a-f]{1,4}$/.test(group))) return undefined;
  const padded = groups.map((group) => group.padStart(4, "0"));
  return [0, 2, 4, 6].map((at) => `${padded[at] ?? ""}${padded[at + 1] ?? ""}`);
}

function groupsOf(text: string): string[] {
  return text === "" ? [] : text.split(":");
}
