import { invariant } from "../../core/invariant.js";
import type { Alarm } from "../alarms.js";
import type { AuthCommand } from "../auth/auth-store.js";
import type { Lease, LeaseMark, LeaseTimes } from "../lease/lease-book.js";
import type { LeaseId } from "../mvcc/key-value.js";
import type { DeleteRangeAnswer, DeleteRangeOp, PutAnswer, PutOp, TxnAnswer, TxnOp } from "../mvcc/requests.js";
import { decode } from "../wire/decode.js";
import { encode } from "../wire/encode.js";
import { rpcs } from "../wire/rpcs.js";
import type { Given, Message } from "../wire/schema.js";
import { authCommands, readAuthCommand } from "./auth-commands.js";
import { LeaseTimesRequest } from "./lease-times.js";
import { PublishRequest } from "./publication.js";
import { decodeOldCommand, isOldCommand } from "./old-format.js";
import { deleteRangeOp, putOp, txnOp } from "./ops.js";

/** What a log entry has the store do. */
export type Command =
  | PutOp
  | DeleteRangeOp
  | TxnOp
  | CompactCommand
  | LeaseCommand
  | AlarmCommand
  | AuthCommand
  | PublishCommand
  /** Written before the store kept a history: none begins before it. */
  | { readonly type: "old"; readonly op: PutOp | DeleteRangeOp };

interface CompactCommand {
  readonly type: "compact";
  readonly revision: number;
}

/** `action`: 1 activate, 2 deactivate, and any other does nothing. */
interface AlarmCommand {
  readonly type: "alarm";
  readonly action: number;
  readonly alarm: Alarm;
}

/** Clients reach this member there; it says so itself. */
interface PublishCommand {
  readonly type: "publish";
  readonly member: number;
  readonly clientUrls: readonly string[];
}

type LeaseCommand =
  /** With the id and the TTL that it will have: the member that took the request has filled in what its client left open. */
  | { readonly type: "leaseGrant"; readonly id: LeaseId; readonly ttlSec: number }
  | { readonly type: "leaseRevoke"; readonly id: LeaseId }
  /** What the leader's clock says; no client can ask for it. */
  | ({ readonly type: "leaseTimes" } & LeaseTimes);

/** `revision`: the store's after it. */
export type CommandAnswer =
  | PutAnswer
  | DeleteRangeAnswer
  | TxnAnswer
  | AuthAnswer
  | { readonly type: "compact"; readonly revision: number }
  | { readonly type: "leaseRevoke"; readonly revision: number; readonly id: LeaseId }
  | { readonly type: "leaseGrant"; readonly revision: number; readonly lease: Lease }
  | { readonly type: "leaseTimes"; readonly revision: number; readonly times: LeaseTimes; readonly ended: readonly LeaseMark[] }
  | (PublishCommand & { readonly revision: number })
  /** `alarms`: those that the command was about. */
  | { readonly type: "alarm"; readonly revision: number; readonly alarms: readonly Alarm[] };

export type AuthAnswer = {
  [C in AuthCommand as C["type"]]: { readonly type: C["type"]; readonly revision: number; readonly command: C };
}[AuthCommand["type"]];

/**
 * A command is an opcode (u8) and etcd's request of that name, as protobuf; where etcd has none, one of ours. Those of older versions begin
 * with 1 or 2.
 */
const commands = {
  put: { opcode: 3, request: rpcs.kv.put.input },
  deleteRange: { opcode: 4, request: rpcs.kv.deleteRange.input },
  txn: { opcode: 5, request: rpcs.kv.txn.input },
  compact: { opcode: 6, request: rpcs.kv.compact.input },
  leaseGrant: { opcode: 7, request: rpcs.lease.leaseGrant.input },
  leaseRevoke: { opcode: 8, request: rpcs.lease.leaseRevoke.input },
  leaseTimes: { opcode: 9, request: LeaseTimesRequest },
  alarm: { opcode: 10, request: rpcs.maintenance.alarm.input },
  publish: { opcode: 40, request: PublishRequest },
  ...authCommands,
} as const;

export type CommandName = keyof typeof commands;
/** The request of that name. */
export type RequestOf<N extends CommandName> = (typeof commands)[N]["request"] extends Message<infer T> ? T : never;

/** The bytes of a command, in a buffer of their own. */
export function encodeCommand<N extends CommandName>(name: N, request: Given<RequestOf<N>>): Uint8Array {
  return commandOf(name, encode(commands[name].request as Message<RequestOf<N>>, request));
}

/** As {@link encodeCommand}, of a request as it stands on the wire. */
export function commandOf(name: CommandName, request: Uint8Array): Uint8Array {
  const command = Buffer.allocUnsafe(1 + request.length);
  command[0] = commands[name].opcode;
  command.set(request, 1);
  return command;
}

/** Values in it stay views of `data`. */
export function decodeCommand(data: Uint8Array): Command {
  const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  if (isOldCommand(bytes)) return { type: "old", op: decodeOldCommand(bytes) };
  const body = bytes.subarray(1);
  switch (bytes[0]) {
    case commands.put.opcode:
      return putOp(decode(commands.put.request, body));
    case commands.deleteRange.opcode:
      return deleteRangeOp(decode(commands.deleteRange.request, body));
    case commands.txn.opcode:
      return txnOp(decode(commands.txn.request, body));
    case commands.compact.opcode:
      return { type: "compact", revision: decode(commands.compact.request, body).revision };
    case commands.leaseGrant.opcode: {
      const { id, ttl } = decode(commands.leaseGrant.request, body);
      return { type: "leaseGrant", id, ttlSec: ttl };
    }
    case commands.leaseRevoke.opcode:
      return { type: "leaseRevoke", id: decode(commands.leaseRevoke.request, body).id };
    case commands.leaseTimes.opcode:
      return { type: "leaseTimes", ...decode(commands.leaseTimes.request, body) };
    case commands.alarm.opcode: {
      const { action, memberId, alarm } = decode(commands.alarm.request, body);
      return { type: "alarm", action, alarm: { member: memberId, type: alarm } };
    }
    case commands.publish.opcode: {
      const { member, clientUrls } = decode(commands.publish.request, body);
      return { type: "publish", member: Number(member), clientUrls };
    }
    default: {
      const command = readAuthCommand(bytes[0], body);
      invariant(command !== undefined, `a log entry holds a command of unknown kind ${bytes[0]}`);
      return command;
    }
  }
}
