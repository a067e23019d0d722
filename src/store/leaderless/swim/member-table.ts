import type { Liveness, Update } from "./messages.js";
import { RoundTrip } from "./round-trip.js";
import { Suspicion } from "./suspicion.js";

export interface MemberRecord {
  liveness: Liveness;
  incarnation: number;
  /** Who told of it as it is. */
  by: string;
  /** While `liveness` is "suspect". */
  suspicion: Suspicion | undefined;
  readonly roundTrip: RoundTrip;
}

/** What is known of the other members. Who they are, the ring says; what news of anybody else say is not kept. */
export class MemberTable {
  readonly #self: string;
  readonly #periodMs: number;
  readonly #records = new Map<string, MemberRecord>();

  constructor(self: string, periodMs: number) {
    this.#self = self;
    this.#periodMs = periodMs;
  }

  /** How many there are, this node among them. */
  get count(): number {
    return this.#records.size + 1;
  }

  /** Who is new is held to be alive. Returns who is no member any more. */
  set(members: readonly string[]): string[] {
    const others = members.filter((member) => member !== this.#self);
    const gone = [...this.#records.keys()].filter((member) => !others.includes(member));
    for (const member of gone) this.#records.delete(member);
    for (const member of others) {
      if (this.#records.has(member)) continue;
      const roundTrip = new RoundTrip();
      this.#records.set(member, { liveness: "alive", incarnation: 0, by: member, suspicion: undefined, roundTrip });
    }
    return gone;
  }

  get(member: string): MemberRecord | undefined {
    return this.#records.get(member);
  }

  entries(): IterableIterator<[string, MemberRecord]> {
    return this.#records.entries();
  }

  /** Everything about a member as news of it, for whoever has older ones. */
  update(member: string): Update | undefined {
    const record = this.#records.get(member);
    return record && { member, liveness: record.liveness, incarnation: record.incarnation, by: record.by };
  }

  /**
   * Takes news in. The higher incarnation wins; within one, dead wins over suspect over alive (SWIM §4.2; but a member may come back from the dead
   * with a higher one). Returns whether they are `news` to this node, another voice for a suspicion it has, or `old`.
   */
  apply({ member, liveness, incarnation, by }: Update, nowMs: number): "news" | "confirmed" | "old" {
    const record = this.#records.get(member);
    if (record === undefined) return "old";
    const newer = incarnation - record.incarnation || ranks[liveness] - ranks[record.liveness];
    if (newer === 0 && record.suspicion?.confirm(by)) return "confirmed";
    if (newer <= 0) return "old";
    record.suspicion = liveness === "suspect" ? new Suspicion(nowMs, by, this.#periodMs, this.count) : undefined;
    const isNews = liveness !== record.liveness || liveness === "alive";
    record.liveness = liveness;
    record.incarnation = incarnation;
    record.by = by;
    return isNews ? "news" : "confirmed";
  }
}

const ranks: Readonly<Record<Liveness, number>> = { alive: 0, suspect: 1, dead: 2 };
