import type { RingState } from "../gossip/cluster-state.js";
import { ringName } from "../ring/ring.js";
import type { Transition } from "../ring/transfers.js";
import { homeNumber } from "../storage.js";

/** What a node is to a home partition. */
export type Custody =
  /** One of its owners, or about to be one, or until now: its copies are what they are. */
  | { readonly kind: "own" }
  /** It has handed over positions that it still answers for where somebody asks: what it has counts together with what these have. */
  | { readonly kind: "handedOver"; readonly to: readonly string[] }
  /** None of its owners. `to`: who got its positions when it was; empty: it does not know of any. */
  | { readonly kind: "none"; readonly to: readonly string[] };

/**
 * Knows for which home partitions this node answers. Nodes hear of a change of the ring one after the other, so a node may be asked for what it has handed
 * over already by one who has not heard of that.
 */
export class Custodian {
  readonly #self: string;
  #transition: Transition;
  #ring: RingState;
  /** Of what this node has lost, by home and N. */
  readonly #heirs = new Map<string, Set<string>>();
  /** By {@link homeNumber}: it is asked with every request. */
  readonly #known = new Map<number, Custody>();

  constructor(self: string, ring: RingState, transition: Transition) {
    this.#self = self;
    this.#ring = ring;
    this.#transition = transition;
  }

  of(partition: number, n: number): Custody {
    const number = homeNumber(partition, n);
    const known = this.#known.get(number);
    if (known !== undefined) return known;
    const custody = this.#find(partition, n);
    this.#known.set(number, custody);
    return custody;
  }

  /** Something of the ring is new. */
  changed(ring: RingState, transition: Transition): void {
    const { plan } = this.#ring;
    const isSettled = plan !== undefined && ringName(plan) === ringName(ring.ring);
    for (const { partition, from, to, nVals, isRebuilding } of this.#transition.transfers) {
      if (from !== this.#self || isRebuilding) continue;
      for (const n of nVals) {
        const isDone = isSettled || this.#transition.handedTo(from, partition, n).includes(to);
        const name = `${partition}/${n}`;
        if (isDone) this.#heirs.set(name, (this.#heirs.get(name) ?? new Set()).add(to));
      }
    }
    this.#ring = ring;
    this.#transition = transition;
    this.#known.clear();
    for (const name of this.#heirs.keys()) {
      const [partition, n] = name.split("/").map(Number) as [number, number];
      if (this.of(partition, n).kind !== "none") this.#heirs.delete(name);
    }
  }

  #find(partition: number, n: number): Custody {
    const { owners, receivers } = this.#transition.replicas(partition, n);
    const to = this.#transition.handedTo(this.#self, partition, n);
    if (to.length > 0) return { kind: "handedOver", to };
    const isOwner = receivers.includes(this.#self) || owners.some(({ member }) => member === this.#self);
    return isOwner ? { kind: "own" } : { kind: "none", to: [...(this.#heirs.get(`${partition}/${n}`) ?? [])] };
  }
}
