import type { Member } from "../replica.js";

/** Where a member is reached, as the ring has it: its number in the transport, its host and its peer port, `2@n2:2380`. */
export function addressOf({ id, host, peerPort }: Member): string {
  return `${id}@${host}:${peerPort}`;
}

/** Undefined where the text is no address. */
export function memberAt(name: string, address: string): Member | undefined {
  const match = /^([1-9]\d{0,14})@(.+):(\d{1,5})$/.exec(address);
  if (match === null) return undefined;
  const peerPort = Number(match[3]);
  return peerPort < 65_536 ? { id: Number(match[1]), name, host: match[2] as string, peerPort } : undefined;
}
