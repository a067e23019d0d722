import { Kv } from "./kv.js";
import type { Outcome } from "./kv.js";
import { decodeConfChange } from "./raft/conf-codec.js";
import type { ConfChange, Entry, MemberId } from "./raft/types.js";

/** Where a member is reached. Names resolve on the cluster network. */
export interface Member {
  readonly id: MemberId;
  readonly name: string;
  readonly host: string;
  readonly peerPort: number;
}

/** What applying one entry did. */
export type Applied =
  /** An empty entry: a new leader's first. */
  | { readonly type: "noop" }
  | { readonly type: "command"; readonly outcome: Outcome }
  | { readonly type: "conf"; readonly change: ConfChange; readonly member: Member | undefined };

/** Everything that all members agree on: the keys, and who the members are. */
export class Replica {
  #kv: Kv;
  #members: Map<MemberId, Member>;
  /** Largest number ever given to a member: numbers are never used again. */
  #lastMember: MemberId;

  private constructor(kv: Kv, members: Iterable<Member>, lastMember: MemberId) {
    this.#kv = kv;
    this.#members = new Map([...members].map((member) => [member.id, member]));
    this.#lastMember = Math.max(lastMember, ...this.#members.keys());
  }

  static create(members: Iterable<Member>): Replica {
    return new Replica(new Kv(), members, 0);
  }

  get kv(): Kv {
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
    return { type: "command", outcome: this.#kv.apply(entry.data) };
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

  /** Length of the first part (u32), then the members as JSON, then the keys. */
  snapshot(): Uint8Array<ArrayBuffer> {
    const members = Buffer.from(JSON.stringify({ members: [...this.#members.values()], lastMember: this.#lastMember }));
    const length = Buffer.alloc(4);
    length.writeUInt32LE(members.length);
    return Buffer.concat([length, members, this.#kv.snapshot()]);
  }

  /** The state of which {@link snapshot} made `data`. */
  static restore(data: Uint8Array): Replica {
    const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
    const kvAt = 4 + bytes.readUInt32LE(0);
    const { members, lastMember } = JSON.parse(bytes.toString("utf8", 4, kvAt)) as { members: Member[]; lastMember: MemberId };
    return new Replica(Kv.restore(bytes.subarray(kvAt)), members, lastMember);
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
