import type { Prng } from "../../../core/prng.js";

/**
 * Whose turn it is: everybody once in a random order, then everybody once in another (SWIM §4.3). So two turns of one member are never more
 * than two rounds apart, which bounds the time until its death is noticed.
 */
export class Rotation {
  readonly #prng: Prng;
  #members: readonly string[] = [];
  #round: string[] = [];

  constructor(prng: Prng) {
    this.#prng = prng;
  }

  /** New members get a turn in this round already. */
  set(members: readonly string[]): void {
    const joined = members.filter((member) => !this.#members.includes(member));
    this.#members = members;
    this.#round = this.#round.filter((member) => members.includes(member));
    for (const member of joined) this.#round.splice(this.#prng.int(0, this.#round.length), 0, member);
  }

  /** The next one whom `accept` takes; those it does not lose their turn. */
  next(accept: (member: string) => boolean): string | undefined {
    for (let tries = 0; tries < 2 * this.#members.length; tries++) {
      if (this.#round.length === 0) this.#round = this.#prng.shuffle(this.#members);
      const member = this.#round.pop();
      if (member !== undefined && accept(member)) return member;
    }
    return undefined;
  }
}
