import {
  acknowledgeTypes,
  activateType,
  createType,
  setBucketProps,
  updateType,
} from "../../../../src/store/leaderless/gossip/bucket-types.js";
import type { ClusterState } from "../../../../src/store/leaderless/gossip/cluster-state.js";
import {
  commit,
  foundRing,
  join,
  markDown,
  markGone,
  planStaged,
  presentMembers,
  settle,
  stage,
  withProgress,
} from "../../../../src/store/leaderless/gossip/membership.js";
import { Transition, transferName } from "../../../../src/store/leaderless/ring/transfers.js";
import type { Prng } from "../../../../src/core/prng.js";

/** A new cluster of n1, n2 … whose address is their name. */
export function founded(size: number, ringSize = 16): ClusterState {
  const addresses = Object.fromEntries(Array.from({ length: size }, (_, i) => [`n${i + 1}`, `n${i + 1}:2380`]));
  return { ring: foundRing(addresses, ringSize), types: {}, buckets: {} };
}

/** One of the things that a node may do to its state, whatever that is. What is refused leaves it as it was. */
export function doSomething(state: ClusterState, self: string, prng: Prng): ClusterState {
  const { ring } = state;
  const member = prng.pick(Object.keys(ring.members));
  const stranger = `m${prng.int(1, 4)}`;
  const name = prng.pick(["t", "u", "constructor"]);
  switch (prng.int(0, 10)) {
    case 0:
      return { ...state, ring: join(ring, stranger, `${stranger}:2380`) };
    case 1:
      return { ...state, ring: stage(ring, { kind: prng.pick(["leave", "force-remove"]), member }, self) };
    case 2:
      return { ...state, ring: stage(ring, { kind: prng.pick(["replace", "force-replace"]), member, by: stranger }, self) };
    case 3: {
      const planned = planStaged(ring, self, [3]);
      const committed = planned.ok ? commit(ring, planned.plan) : planned;
      return committed.ok ? { ...state, ring: committed.state } : state;
    }
    case 4:
    case 5: {
      const { transfers } = new Transition(ring.ring, ring.plan, ring.progress);
      if (transfers.length === 0) return state;
      const moved = prng.int(0, 100);
      return {
        ...state,
        ring: withProgress(ring, {
          [transferName(prng.pick(transfers))]: { state: prng.pick(["running", "done"]), moved, total: 100 },
        }),
      };
    }
    case 6: {
      const { transfers } = new Transition(ring.ring, ring.plan, ring.progress);
      const done = { state: "done", moved: 1, total: 1 } as const;
      return {
        ...state,
        ring: settle(withProgress(ring, Object.fromEntries(transfers.map((transfer) => [transferName(transfer), done])))),
      };
    }
    case 7:
      return { ...state, ring: prng.chance(0.5) ? markDown(ring, member) : markGone(ring, member) };
    case 8: {
      const created = createType(state, name, { nVal: prng.int(1, 5) }, self);
      return created.ok ? created.state : state;
    }
    case 9: {
      const known = prng.chance(0.5) ? presentMembers(ring).reduce(acknowledgeTypes, state) : state;
      const changed = prng.chance(0.5)
        ? activateType(known, name, self)
        : updateType(known, name, { nVal: prng.int(1, 5) }, self);
      return changed.ok ? changed.state : state;
    }
    default:
      return setBucketProps(
        state,
        "default",
        prng.pick(["a", "b"]),
        prng.chance(0.3) ? undefined : { nVal: prng.int(1, 5) },
        self,
      );
  }
}
