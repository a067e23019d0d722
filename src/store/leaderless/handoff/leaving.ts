/** Clients of a node that owns nothing any more are served until none of them has asked for so long … */
const quietMs = 1000;
/** … or for so long altogether: one that knows of no other node would keep it for good. */
const servedMsMax = 10_000;
/** Ticks that a node stays once most others know that it is gone: so that the rest may hear of it too. */
const farewellTicks = 30;

/** A node on its way out of the cluster, from the moment in which it owns nothing any more. */
export class Leaving {
  #exitingSinceMs: number | undefined;
  #ticks = 0;

  /** Once in each tick while it is exiting: whether nothing is left for it to do. `isEmpty`: it has no copies; `askedAtMs`: when a client last asked it. */
  mayGo({
    nowMs,
    isEmpty,
    askedAtMs,
  }: {
    readonly nowMs: number;
    readonly isEmpty: boolean;
    readonly askedAtMs: number;
  }): boolean {
    this.#exitingSinceMs ??= nowMs;
    return isEmpty && (nowMs - askedAtMs >= quietMs || nowMs - this.#exitingSinceMs >= servedMsMax);
  }

  /** Once in each tick: whether this is the one after which the node may end. `isGone`: this node is no member any more, and most others know it. */
  tick(isGone: boolean): boolean {
    if (isGone) this.#exitingSinceMs = undefined;
    this.#ticks = isGone ? this.#ticks + 1 : 0;
    return this.#ticks === farewellTicks;
  }

  /** No member any more: what it asked others for its clients they would not answer. */
  get isOut(): boolean {
    return this.#ticks > 0;
  }

  get isOver(): boolean {
    return this.#ticks >= farewellTicks;
  }
}
