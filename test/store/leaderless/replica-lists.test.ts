// Whatever becomes of the ring and of who can be reached: who is asked for a key is what is found by looking anew.
import fc from "fast-check";
import { expect, test } from "vitest";
import { createPrng } from "../../../src/core/prng.js";
import { ClusterView } from "../../../src/store/leaderless/cluster-view.js";
import { commit, foundRing, join, planStaged, stage, withProgress } from "../../../src/store/leaderless/gossip/membership.js";
import type { RingState } from "../../../src/store/leaderless/gossip/cluster-state.js";
import { coordinatorsOf, replicasOf } from "../../../src/store/leaderless/replica-lists.js";
import { homePartition } from "../../../src/store/leaderless/ring/place.js";
import { transferName } from "../../../src/store/leaderless/ring/transfers.js";
import type { Liveness } from "../../../src/store/leaderless/swim/messages.js";

const founders = ["n1", "n2", "n3", "n4", "n5"];
const others = [...founders.slice(1), "n6"];
const ringSize = 8;
const names = ["a", "b", "c", "d", "e"].map((key) => ({ type: "default", bucket: "b", key }));
const asking = [1, 3].flatMap((n) => [true, false].map((sloppy) => ({ n, nVal: 3, sloppy })));

interface World {
  readonly view: ClusterView;
  readonly clock: { nowMs: number };
  incarnation: number;
}

function committed(state: RingState): RingState {
  const planned = planStaged(state, "n1", [3]);
  const result = planned.ok ? commit(state, planned.plan) : planned;
  return result.ok ? result.state : state;
}

/** The first transfer of the plan that is not done yet. */
function movedOn(world: World): void {
  const { transition, state } = world.view;
  const next = transition.transfers.find((transfer) => state.ring.progress[transferName(transfer)]?.state !== "done");
  if (next === undefined) return;
  const done = { [transferName(next)]: { state: "done", moved: 1, total: 1 } } as const;
  world.view.changeRing((ring) => withProgress(ring, done));
}

const member = fc.constantFrom(...others);
const liveness = fc.constantFrom<Liveness>("alive", "suspect", "dead");
const happenings = fc.oneof(
  member.map(
    (each) =>
      ({ view }: World) =>
        view.failed(each),
  ),
  member.map(
    (each) =>
      ({ view }: World) =>
        view.heard(each),
  ),
  fc.integer({ min: 1, max: 4000 }).map((ms) => (world: World) => {
    world.clock.nowMs += ms;
    world.view.tick();
  }),
  fc.record({ from: member, about: member, liveness }).map(({ from, about, liveness: told }) => (world: World) => {
    const incarnation = ++world.incarnation;
    const updates = [{ member: about, liveness: told, incarnation, by: from }];
    world.view.swim([{ type: "receive", message: { type: "ping", from, to: "n1", incarnation: 0, sequence: 1, updates } }]);
  }),
  fc.constant(({ view }: World) => view.changeRing((ring) => join(ring, "n6", "n6"))),
  member.map(
    (each) =>
      ({ view }: World) =>
        view.changeRing((ring) => stage(ring, { kind: "leave", member: each }, "n1")),
  ),
  fc.constant(({ view }: World) => view.changeRing(committed)),
  fc.constant((world: World) => movedOn(world)),
);

function expectSameAsAnew(view: ClusterView): void {
  const isReachable = (each: string): boolean => view.isReachable(each);
  const isDead = (each: string): boolean => view.isDead(each);
  for (const name of names) {
    const partition = homePartition(name, ringSize);
    const walk = view.transition.walk(partition);
    for (const asked of asking) {
      const replicas = replicasOf(walk, partition, asked, { isReachable, isDead });
      expect(view.replicas(name, asked)).toEqual(replicas);
      expect(view.coordinators(name, asked)).toEqual(coordinatorsOf(replicas, { self: "n1", isReachable }));
    }
    const { receivers } = view.transition.replicas(partition, 3);
    expect(view.receivers(name, 3).map((receiver) => receiver.member)).toEqual(receivers);
  }
}

test("as without a memory", () => {
  fc.assert(
    fc.property(fc.array(happenings, { maxLength: 30 }), (happens) => {
      const ring = foundRing(Object.fromEntries(founders.map((each) => [each, each])), ringSize);
      const nothing = (): void => undefined;
      const clock = { nowMs: 1000 };
      const view: ClusterView = new ClusterView({
        self: "n1",
        prng: createPrng(1),
        state: { ring, types: {}, buckets: {} },
        isStrict: false,
        nowMs: () => clock.nowMs,
        send: nothing,
        tell: nothing,
        onLost: () => expectSameAsAnew(view),
        onBack: () => expectSameAsAnew(view),
        onChanged: () => expectSameAsAnew(view),
        meets: [],
      });
      const world: World = { view, clock, incarnation: 0 };
      for (const happen of [nothing, ...happens]) {
        happen(world);
        expectSameAsAnew(view);
      }
    }),
  );
});
