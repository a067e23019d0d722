/**
 * What a log entry says about its command: who asked for it, so that whoever asked finds the answer in what it applies itself, and so that
 * a request that was sent twice is done once (`sessions.ts`; thesis §6.3).
 *
 * version u8 (0x82) · origin u32 · incarnation u32 · seq f64 · floor f64 · length of the user's name u16 · user · authRevision f64, of a
 * user only · command. Little-endian. Without it stands what a leader says by itself, which nobody repeats, and
 * what earlier versions wrote: the command alone, which begins with a lower byte.
 */
export interface RequestId {
  /** The member that took the request. */
  readonly origin: number;
  /** Grows with each start of that member's process. */
  readonly incarnation: number;
  /** Counts the process's writes, from 1. */
  readonly seq: number;
}

/** Whose rights count. `authRevision`: the state of users and roles by which it was let in. */
export interface Principal {
  readonly user: string;
  readonly authRevision: number;
}

export interface Envelope {
  readonly request: RequestId;
  /** The origin has no use any more for what it asked for under lower numbers. */
  readonly floor: number;
  readonly principal: Principal | undefined;
  /** See commands.ts. */
  readonly command: Uint8Array;
}

const version = 0x82;
const headBytes = 1 + 4 + 4 + 8 + 8 + 2;

/** The bytes of the entry, in a buffer of its own. */
export function encodeEnvelope({ request, floor, principal, command }: Envelope): Buffer {
  const user = principal === undefined ? undefined : Buffer.from(principal.user);
  const commandAt = headBytes + (user === undefined ? 0 : user.length + 8);
  // not out of Node's pool: the store keeps the entry, and with it everything that shares its memory
  const out = Buffer.allocUnsafeSlow(commandAt + command.length);
  out[0] = version;
  out.writeUInt32LE(request.origin, 1);
  out.writeUInt32LE(request.incarnation, 5);
  out.writeDoubleLE(request.seq, 9);
  out.writeDoubleLE(floor, 17);
  out.writeUInt16LE(user?.length ?? 0, 25);
  if (principal !== undefined && user !== undefined) {
    out.set(user, headBytes);
    out.writeDoubleLE(principal.authRevision, headBytes + user.length);
  }
  out.set(command, commandAt);
  return out;
}

/** Undefined: an entry of an earlier version. The command stays a view of `data`. */
export function decodeEnvelope(data: Uint8Array): Envelope | undefined {
  if (data[0] !== version) return undefined;
  const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  const userBytes = bytes.readUInt16LE(25);
  const userEnd = headBytes + userBytes;
  return {
    request: { origin: bytes.readUInt32LE(1), incarnation: bytes.readUInt32LE(5), seq: bytes.readDoubleLE(9) },
    floor: bytes.readDoubleLE(17),
    principal:
      userBytes === 0
        ? undefined
        : { user: bytes.toString("utf8", headBytes, userEnd), authRevision: bytes.readDoubleLE(userEnd) },
    command: bytes.subarray(userBytes === 0 ? headBytes : userEnd + 8),
  };
}
