/** Ticks that a node stays once most others know that it is gone: so that the rest may hear of it too. */
const farewellTicks = 30;

/** A node that is out of the cluster, from the moment in which it has nothing left that others need. */
export class Leaving {
  #ticks = 0;

  /** Once in each tick: whether this is the one after which the node may end. `isGone`: this node is no member any more, and most others know it. */
  tick(isGone: boolean): boolean {
    this.#ticks = isGone ? this.#ticks + 1 : 0;
    return this.#ticks === farewellTicks;
  }

  get isOver(): boolean {
    return this.#ticks >= farewellTicks;
  }
}
