import type { CommandAnswer } from "./entries/commands.js";
import type { MvccStore } from "./mvcc/mvcc-store.js";
import { decodeConfChange } from "./raft/conf-codec.js";
import type { ConfChange, Entry, MemberId } from "./raft/types.js";
import { StateReader, writeStateStream } from "./state-stream.js";
import type { StateWriter } from "./state-stream.js";
import { StoreState } from "./store-state.js";
import type { AppliedEntry, StateParts } from "./store-state.js";

/** Where a member is reached. Names resolve on the cluster network. */
export interface Member {
  readonly id: MemberId;
  readonly name: string;
  readonly host: string;
  readonly peerPort: number;
  /** Where clients reach it, as it has said itself; undefined: it has never started. */
  readonly clientUrls?: readonly string[];
  /** It has voted under an earlier number: its leader makes it a voter again as soon as it is in sync. */
  readonly hasVoted?: true;
}

/** What applying one entry did. */
export type Applied =
  /** An empty entry: a new leader's first. */
  | { readonly type: "noop" }
  | AppliedEntry
  | { readonly type: "conf"; readonly change: ConfChange; readonly member: Member | undefined };

/** Everything that all members agree on: what commands change, and who the members are. */
export class Replica {
  readonly state: StoreState;
  #members: Map<MemberId, Member>;
  /** Largest number ever given to a member: numbers are never used again. */
  #lastMember: MemberId;

  private constructor(state: StoreState, members: Iterable<Member>, lastMember: MemberId) {
    this.state = state;
    this.#members = new Map([...members].map((member) => [member.id, member]));
    this.#lastMember = Math.max(lastMember, ...this.#members.keys());
  }

  static create(members: Iterable<Member>): Replica {
    return new Replica(StoreState.create(), members, 0);
  }

  get kv(): MvccStore {
    return this.state.kv;
  }

  get members(): ReadonlyMap<MemberId, Member> {
    return this.#members;
  }

  /** Whether this number was given to a member that is none any more; it will never be given to another. */
  isRemoved(member: MemberId): boolean {
    return member <= this.#lastMember && !this.#members.has(member);
  }

  get nextMember(): MemberId {
    return this.#lastMember + 1;
  }

  apply(entry: Entry): Applied {
    if (entry.kind === "conf") return this.#applyConf(decodeConfChange(entry.data));
    if (entry.data.length === 0) return { type: "noop" };
    const applied = this.state.applyEntry(entry.data);
    if (applied.type === "command" && applied.answer.type === "publish") this.#publish(applied.answer);
    return applied;
  }

  #applyConf(change: ConfChange): Applied {
    const member = decodeMember(change.context);
    if (member !== undefined) {
      const clientUrls = this.#members.get(member.id)?.clientUrls;
      this.#members.set(member.id, { ...member, ...(clientUrls && { clientUrls }) });
      this.#lastMember = Math.max(this.#lastMember, member.id);
    }
    for (const step of change.changes) if (step.kind === "remove") this.#members.delete(step.member);
    return { type: "conf", change, member };
  }

  #publish({ member, clientUrls }: Pick<Extract<CommandAnswer, { type: "publish" }>, "member" | "clientUrls">): void {
    const known = this.#members.get(member);
    if (known !== undefined) this.#members.set(member, { ...known, clientUrls });
  }

  /** The state as it is now, to be written while entries are applied. */
  snapshot(): StateWriter {
    const beside: BesideKeys = { members: [...this.#members.values()], lastMember: this.#lastMember, ...this.state.parts() };
    return writeStateStream(beside, this.kv.snapshot());
  }

  /** The state of which {@link snapshot} made `chunks`. */
  static restore(chunks: Iterable<Uint8Array>): Replica {
    const reader = new StateReader();
    for (const chunk of chunks) reader.push(chunk);
    return Replica.of(reader);
  }

  /** A new cluster of these members, with the state of another: its leases have all their time before them, and nobody's requests are known. */
  static refound(chunks: Iterable<Uint8Array>, members: Iterable<Member>): Replica {
    const reader = new StateReader();
    for (const chunk of chunks) reader.push(chunk);
    const { beside, keys } = reader.finish();
    return new Replica(StoreState.refound(beside as BesideKeys, keys), members, 0);
  }

  /** The state that `reader` has taken in. */
  static of(reader: StateReader): Replica {
    const { beside, keys } = reader.finish();
    const { members, lastMember, ...parts } = beside as BesideKeys;
    return new Replica(StoreState.restore(parts, keys), members, lastMember);
  }
}

/** What a snapshot holds beside the keys. */
interface BesideKeys extends Partial<StateParts> {
  readonly members: readonly Member[];
  readonly lastMember: MemberId;
}

/** The context of a change that brings a member; one that brings none has an empty context. */
export function encodeMember(member: Member): Uint8Array {
  return Buffer.from(JSON.stringify(member));
}

function decodeMember(context: Uint8Array): Member | undefined {
  if (context.length === 0) return undefined;
  return JSON.parse(Buffer.from(context.buffer, context.byteOffset, context.byteLength).toString()) as Member;
}
