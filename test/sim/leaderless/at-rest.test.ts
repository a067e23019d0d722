// Shows that the simulator's notion of rest can fail: everything that may be left undone is told.
import { expect, test } from "vitest";
import { unrest, type Seen } from "../../../src/sim/leaderless/at-rest.js";
import type { Copy } from "../../../src/sim/leaderless/disk.js";
import type { ClusterState } from "../../../src/store/leaderless/gossip/cluster-state.js";
import { commit, foundRing, planStaged, stage } from "../../../src/store/leaderless/gossip/membership.js";
import { homePartition } from "../../../src/store/leaderless/ring/place.js";
import { walksOf } from "../../../src/store/leaderless/ring/preference-list.js";
import { Transition } from "../../../src/store/leaderless/ring/transfers.js";
import { storageKey } from "../../../src/store/leaderless/storage-key.js";

const names = ["n1", "n2", "n3", "n4"];
const ring = foundRing(Object.fromEntries(names.map((name) => [name, name])), 8);
const object = { type: "default", bucket: "b", key: "k" };
const partition = homePartition(object, 8);
const owners = (walksOf(ring.ring.owners)[partition] ?? []).slice(0, 3);
const [stranger = ""] = names.filter((name) => !owners.includes(name));

interface Changes {
  readonly state?: ClusterState;
  readonly isUp?: boolean;
  readonly unreachable?: string;
  readonly hints?: ReadonlyMap<string, number>;
  readonly bytes?: string;
  readonly hintFor?: string;
}

/** A cluster at rest, but for what is different of these. */
function cluster(changed: Readonly<Record<string, Changes>> = {}): Seen[] {
  return names.map((name) => {
    const {
      state = { ring, types: {}, buckets: {} },
      isUp = true,
      unreachable,
      hints = new Map(),
      ...copy
    } = changed[name] ?? {};
    const { bytes = owners.includes(name) ? "v" : undefined, hintFor } = copy;
    const home = { kind: "home", partition, n: 3 } as const;
    const place = hintFor === undefined ? home : ({ ...home, kind: "hint", member: hintFor } as const);
    const copies: Copy[] = bytes === undefined ? [] : [{ place, key: storageKey(object), bytes: Buffer.from(bytes) }];
    const isReachable = (member: string): boolean => member !== unreachable;
    const view = { state, isReachable, transition: new Transition(state.ring.ring) };
    return { name, machine: isUp ? { view, hints } : undefined, disk: { copies: () => copies } };
  });
}

function planned(): ClusterState {
  const staged = stage(ring, { kind: "leave", member: "n4" }, "n1");
  const shown = planStaged(staged, "n1", [3]);
  const committed = shown.ok ? commit(staged, shown.plan) : shown;
  if (!committed.ok) throw new Error(committed.why);
  return { ring: committed.state, types: {}, buckets: {} };
}

test("where all is done there is nothing to tell", () => {
  expect(unrest(cluster())).toEqual([]);
});

const [one = "", two = "", three = ""] = owners;
const everywhere = (change: Changes): Record<string, Changes> => Object.fromEntries(names.map((name) => [name, change]));

test.each<[string, Record<string, Changes>, string]>([
  ["a node that is down", { n2: { isUp: false } }, "not all nodes are up"],
  ["nodes that disagree", { n2: { state: planned() } }, "the nodes do not know the same ring"],
  ["a plan", everywhere({ state: planned() }), "a plan is still being carried out"],
  ["a node that is doubted", { n2: { unreachable: "n3" } }, "n2 does not reach n3"],
  ["hints that are told of", { n2: { hints: new Map([["gone", 1]]) } }, "n2 says to keep something for gone"],
  ["hints", { [stranger]: { hintFor: one, bytes: "v" } }, `${stranger} has a hint of k for ${one}`],
  ["a stray", { [stranger]: { bytes: "v" } }, `${stranger} has a copy of k and is no owner of it`],
  ["owners that differ", { [one]: { bytes: "w" } }, `the owners of k differ: ${one} | ${two} ${three}`],
])("of %s it tells", (_, changed, problem) => {
  expect(unrest(cluster(changed))).toContain(problem);
});
