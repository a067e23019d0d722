import { updatesMax, type Update } from "./messages.js";

/** How many times log2 of the number of members an update is sent on (SWIM §4.1: λ log n). */
const lambda = 4;

/** The news this node still passes on, of each member the latest. Each leaves with a bounded number of messages, the freshest first. */
export class Rumors {
  readonly #waiting = new Map<string, { readonly update: Update; sent: number }>();

  /** Takes the place of older news of the same member. */
  add(update: Update): void {
    this.#waiting.delete(update.member);
    this.#waiting.set(update.member, { update, sent: 0 });
  }

  forget(member: string): void {
    this.#waiting.delete(member);
  }

  /**
   * What the next message carries.
   * @param about what has to be in it first: news of its receiver, who may want to refute them (Lifeguard's buddy system).
   */
  take(memberCount: number, about?: Update): Update[] {
    const sentMax = lambda * Math.ceil(Math.log2(memberCount + 1));
    const freshest = [...this.#waiting.values()]
      .filter(({ update }) => update.member !== about?.member)
      .sort((a, b) => a.sent - b.sent)
      .slice(0, updatesMax - (about === undefined ? 0 : 1));
    for (const rumor of freshest) {
      rumor.sent++;
      if (rumor.sent >= sentMax) this.#waiting.delete(rumor.update.member);
    }
    return [...(about === undefined ? [] : [about]), ...freshest.map(({ update }) => update)];
  }
}
