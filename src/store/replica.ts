import { applyCommand } from "./entries/apply-command.js";
import type { CommandAnswer } from "./entries/commands.js";
import { readOldKeys } from "./entries/old-format.js";
import { MvccStore } from "./mvcc/mvcc-store.js";
import type { LeaseExists, Refused } from "./mvcc/requests.js";
import { restoreStore, wholeSnapshot } from "./mvcc/whole-snapshot.js";
import { decodeConfChange } from "./raft/conf-codec.js";
import type { ConfChange, Entry, MemberId } from "./raft/types.js";

/** Where a member is reached. Names resolve on the cluster network. */
export interface Member {
  readonly id: MemberId;
  readonly name: string;
  readonly host: string;
  readonly peerPort: number;
}

/** No members' JSON was ever as long, so it cannot be taken for its length, which older snapshots begin with. */
const formatOfHistories = 0xff00_0002;

/** Leases are not granted yet. */
const leaseExists: LeaseExists = () => false;

/** What applying one entry did. */
export type Applied =
  /** An empty entry: a new leader's first. */
  | { readonly type: "noop" }
  | { readonly type: "command"; readonly answer: CommandAnswer | Refused }
  | { readonly type: "conf"; readonly change: ConfChange; readonly member: Member | undefined };

/** Everything that all members agree on: the keys, and who the members are. */
export class Replica {
  readonly #kv: MvccStore;
  #members: Map<MemberId, Member>;
  /** Largest number ever given to a member: numbers are never used again. */
  #lastMember: MemberId;

  private constructor(kv: MvccStore, members: Iterable<Member>, lastMember: MemberId) {
    this.#kv = kv;
    this.#members = new Map([...members].map((member) => [member.id, member]));
    this.#lastMember = Math.max(lastMember, ...this.#members.keys());
  }

  static create(members: Iterable<Member>): Replica {
    return new Replica(new MvccStore(leaseExists), members, 0);
  }

  get kv(): MvccStore {
    return this.#kv;
  }

  get members(): ReadonlyMap<MemberId, Member> {
    return this.#members;
  }

  get nextMember(): MemberId {
    return this.#lastMember + 1;
  }

  apply(entry: Entry): Applied {
    if (entry.kind === "conf") return this.#applyConf(decodeConfChange(entry.data));
    if (entry.data.length === 0) return { type: "noop" };
    return { type: "command", answer: applyCommand(this.#kv, entry.data) };
  }

  #applyConf(change: ConfChange): Applied {
    const member = decodeMember(change.context);
    if (member !== undefined) {
      this.#members.set(member.id, member);
      this.#lastMember = Math.max(this.#lastMember, member.id);
    }
    for (const step of change.changes) if (step.kind === "remove") this.#members.delete(step.member);
    return { type: "conf", change, member };
  }

  /** Format u32, length of the next part u32, the members as JSON, the keys. Older versions wrote no format, and the latest keys only. */
  snapshot(): Uint8Array<ArrayBuffer> {
    const members = Buffer.from(JSON.stringify({ members: [...this.#members.values()], lastMember: this.#lastMember }));
    const head = Buffer.alloc(8);
    head.writeUInt32LE(formatOfHistories, 0);
    head.writeUInt32LE(members.length, 4);
    return Buffer.concat([head, members, wholeSnapshot(this.#kv)]);
  }

  /** The state of which {@link snapshot} made `data`. */
  static restore(data: Uint8Array): Replica {
    const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
    const hasHistories = bytes.readUInt32LE(0) === formatOfHistories;
    const membersAt = hasHistories ? 8 : 4;
    const kvAt = membersAt + bytes.readUInt32LE(membersAt - 4);
    const json = bytes.toString("utf8", membersAt, kvAt);
    const { members, lastMember } = JSON.parse(json) as { members: Member[]; lastMember: MemberId };
    const keys = bytes.subarray(kvAt);
    const kv = hasHistories ? restoreStore(keys, leaseExists) : new MvccStore(leaseExists, readOldKeys(keys));
    return new Replica(kv, members, lastMember);
  }
}

/** The context of a change that brings a member; one that brings none has an empty context. */
export function encodeMember(member: Member): Uint8Array {
  return Buffer.from(JSON.stringify(member));
}

function decodeMember(context: Uint8Array): Member | undefined {
  if (context.length === 0) return undefined;
  return JSON.parse(Buffer.from(context.buffer, context.byteOffset, context.byteLength).toString()) as Member;
}
