import type { MemberState } from "./member-state.js";
import type { MemberId } from "./raft/types.js";
import type { Member } from "./replica.js";
import type { MemberView } from "./rpc/store.js";

/** Who the members are, by what was given at the start and what the log has said since. */
export class Membership {
  readonly #given: readonly Member[];
  readonly #state: Pick<MemberState, "replica" | "applied" | "conf">;

  constructor(given: readonly Member[], state: Pick<MemberState, "replica" | "applied" | "conf">) {
    this.#given = given;
    this.#state = state;
  }

  nameOf(id: MemberId): string {
    const known = this.#state.replica.members.get(id) ?? this.#given.find((member) => member.id === id);
    return known?.name ?? `member ${id}`;
  }

  /** Of this member, which knows it before its log does. */
  hostOf(self: MemberId): string {
    const known = this.#given.find(({ id }) => id === self) ?? this.#state.replica.members.get(self);
    return known?.host ?? "";
  }

  /** The addresses given at the start, then what the log knows: whoever joins has to answer its leader before it holds any log. */
  peers(): Iterable<Member> {
    const { replica, applied } = this.#state;
    const peers = new Map(this.#given.map((member) => [member.id, member]));
    if (applied > 0) peers.clear();
    for (const [id, member] of replica.members) peers.set(id, member);
    return peers.values();
  }

  /** Whether it was a member once. Whoever joins has been told of members, but does not know who else has been one. */
  isRemoved(id: MemberId): boolean {
    return this.#state.applied > 0 && this.#state.replica.isRemoved(id);
  }

  /** As clients are told. */
  views(): readonly MemberView[] {
    const { voters, learners } = this.#state.conf;
    return [...this.#state.replica.members.values()]
      .filter(({ id }) => voters.includes(id) || learners.includes(id))
      .map(({ id, name, host, peerPort, clientUrls }) => ({
        id,
        name: clientUrls === undefined ? "" : name,
        peerUrl: `http://${host}:${peerPort}`,
        clientUrls: clientUrls ?? [],
        isLearner: learners.includes(id),
      }));
  }
}
