// On the way from one ring to the next every owner that answers for a key has every write to it, also when a plan is overruled half way.
import { expect, test } from "vitest";
import { createPrng, type Prng } from "../../../../src/core/prng.js";
import { claim } from "../../../../src/store/leaderless/ring/claim.js";
import { sloppyList } from "../../../../src/store/leaderless/ring/preference-list.js";
import { ringName, type Ring } from "../../../../src/store/leaderless/ring/ring.js";
import { describePlan, planChanges, type Change, type Plan } from "../../../../src/store/leaderless/ring/staged-plan.js";
import { Transition, transferName, type Progress } from "../../../../src/store/leaderless/ring/transfers.js";

const seeds = Array.from({ length: 8 }, (_, i) => i + 1);

function ringOf(members: readonly string[], ringSize = 64): Ring {
  const owners = claim(
    Array.from({ length: ringSize }, () => ""),
    members,
  );
  return { version: 1, committer: "", members: [...members].sort(), owners, lineage: [] };
}

function planned(ring: Ring, changes: readonly Change[], committer = "n1", running?: Plan): Plan {
  const result = planChanges(ring, changes, { committer, nVals: [3], running });
  if (!result.ok) throw new Error(result.why);
  return result.plan;
}

/** Copies of keys on nodes that never fail, and a ring that changes under them. Every write goes where the transition says. */
class Copies {
  readonly #held = new Map<string, Set<string>>();
  readonly #written = new Map<number, string[]>();
  readonly #heirs = new Map<string, string[]>();
  ring: Ring;
  plan: Plan | undefined;
  progress: Record<string, Progress> = {};

  constructor(ring: Ring) {
    this.ring = ring;
  }

  get transition(): Transition {
    return new Transition(this.ring, this.plan, this.progress);
  }

  /** @param seen what the coordinator knows of the ring; the members themselves know all, and pass on what is of positions that they hand over. */
  write(home: number, key: string, seen = this.transition): void {
    const { owners, receivers } = seen.replicas(home, 3);
    const told = new Set([...owners.map((owner) => owner.member), ...receivers]);
    for (const member of told) {
      this.#at(member, home).add(key);
      for (const to of this.#heirs.get(`${member}/${home}`) ?? []) told.add(to);
    }
    this.#written.set(home, [...(this.#written.get(home) ?? []), key]);
  }

  begin(plan: Plan): void {
    this.plan = plan;
    this.progress = {};
    for (const { from, to, partition } of this.transition.transfers) {
      if (from === undefined) continue;
      const name = `${from}/${partition}`;
      this.#heirs.set(name, [...(this.#heirs.get(name) ?? []), to]);
    }
  }

  /** Hands one open copy over; the last one settles the ring. */
  transferOne(prng: Prng): void {
    const open = this.transition.transfers.filter((transfer) => this.progress[transferName(transfer)]?.state !== "done");
    if (open.length > 0) {
      const transfer = prng.pick(open);
      const { from, to, partition } = transfer;
      for (const key of from === undefined ? [] : this.#at(from, partition)) this.#at(to, partition).add(key);
      this.progress[transferName(transfer)] = { state: "done", moved: 1, total: 1 };
    }
    if (this.plan === undefined || !this.transition.isDone) return;
    this.ring = this.plan;
    this.plan = undefined;
    this.progress = {};
  }

  /** Owners that answer and lack a write. */
  lacking(): string[] {
    const { transition } = this;
    return [...this.#written].flatMap(([home, keys]) =>
      transition
        .replicas(home, 3)
        .owners.filter(({ member }) => keys.some((key) => !this.#at(member, home).has(key)))
        .map(({ member }) => `${member} lacks writes of ${home}`),
    );
  }

  #at(member: string, home: number): Set<string> {
    const name = `${member}/${home}`;
    const held = this.#held.get(name) ?? new Set();
    this.#held.set(name, held);
    return held;
  }
}

test.each(seeds)("seed %i: joins, leaves and replacements one after the other, writes all the time", (seed) => {
  const prng = createPrng(seed);
  const copies = new Copies(ringOf(["n1", "n2", "n3", "n4"]));
  const views = [copies.transition];
  let next = 5;
  for (let change = 0; change < 6; change++) {
    const member = prng.pick(copies.ring.members);
    const by = `n${next++}`;
    const kinds: Change[] = [
      { kind: "join", member: by },
      { kind: "replace", member, by },
      { kind: "leave", member },
    ];
    copies.begin(planned(copies.ring, [copies.ring.members.length > 3 ? prng.pick(kinds) : (kinds[0] as Change)]));
    for (let step = 0; copies.plan !== undefined; step++) {
      copies.write(prng.int(0, 63), `${change}.${step}`);
      copies.write(prng.int(0, 63), `${change}.${step}, by one who is behind`, prng.pick(views.slice(-10)));
      copies.transferOne(prng);
      views.push(copies.transition);
      expect(copies.lacking()).toEqual([]);
    }
  }
});

test.each(seeds)("seed %i: a plan overruled half way by another one leaves nobody without a write", (seed) => {
  const prng = createPrng(seed);
  const copies = new Copies(ringOf(["n1", "n2", "n3", "n4", "n5"]));
  const first = planned(copies.ring, [{ kind: "join", member: "n6" }], "n1");
  const second = planned(copies.ring, [{ kind: "leave", member: "n2" }], "n2");
  copies.begin(first);
  for (let step = 0; step < 20; step++) {
    copies.write(prng.int(0, 63), `a${step}`);
    copies.transferOne(prng);
  }
  copies.begin(second);
  for (let step = 0; copies.plan !== undefined; step++) {
    expect(copies.lacking()).toEqual([]);
    copies.write(prng.int(0, 63), `b${step}`);
    copies.transferOne(prng);
  }
  expect(copies.ring.members).toEqual(["n1", "n3", "n4", "n5"]);
  expect(copies.lacking()).toEqual([]);
});

test("who is lost hands nothing over; another owner does, and the plan that was running goes on", () => {
  const ring = ringOf(["n1", "n2", "n3", "n4", "n5"]);
  const running = planned(ring, [{ kind: "join", member: "n6" }]);
  const forced = planned(ring, [{ kind: "force-remove", member: "n3" }], "n2", running);
  expect(forced.members).toEqual(["n1", "n2", "n4", "n5", "n6"]);
  expect(forced.version).toBe(3);
  expect(forced.lineage).toEqual([ringName(running), ringName(ring)]);
  const { transfers } = new Transition(ring, forced);
  expect(transfers.length).toBeGreaterThan(10);
  for (const { from, to } of transfers) {
    expect(from).not.toBe("n3");
    expect(from).toBeDefined();
    expect(forced.members).toContain(to);
  }
});

test("with more than one N every copy that any of them needs is made", () => {
  const ring = ringOf(["n1", "n2", "n3", "n4", "n5", "n6"]);
  const result = planChanges(ring, [{ kind: "join", member: "n7" }], { committer: "n1", nVals: [1, 3, 5] });
  const plan = result.ok ? result.plan : undefined;
  const before = new Transition(ring);
  const after = new Transition({ ...ring, ...plan });
  const { transfers } = new Transition(ring, plan);
  for (const n of [1, 3, 5]) {
    for (let home = 0; home < 64; home++) {
      const was = before.replicas(home, n).owners.map(({ member }) => member);
      const gained = after.replicas(home, n).owners.filter(({ member }) => !was.includes(member));
      for (const { member } of gained)
        expect(transfers.some(({ partition, to }) => partition === home && to === member)).toBe(true);
    }
  }
});

test("a node that is down does not stop a change: sloppy lists are made of the walk that counts", () => {
  const ring = ringOf(["n1", "n2", "n3", "n4", "n5"]);
  const transition = new Transition(ring, planned(ring, [{ kind: "join", member: "n6" }]));
  for (let home = 0; home < 64; home++) {
    for (const down of ring.members) {
      expect(sloppyList(transition.walk(home), 3, (member) => member !== down)).toHaveLength(3);
    }
  }
});

test.each([
  [[], "nothing is staged"],
  [[{ kind: "join", member: "n2" }], "n2 is in the ring already"],
  [[{ kind: "leave", member: "n9" }], "n9 is not in the ring"],
  [[{ kind: "replace", member: "n1", by: "n2" }], "n2 is in the ring already, so it cannot replace n1"],
  [
    [
      { kind: "leave", member: "n1" },
      { kind: "leave", member: "n2" },
      { kind: "force-remove", member: "n3" },
    ],
    "nobody would be left",
  ],
  [
    [
      { kind: "join", member: "n4" },
      { kind: "replace", member: "n1", by: "n4" },
    ],
    "n4 is in two changes",
  ],
] as const)("%j is refused: %s", (changes, why) => {
  expect(planChanges(ringOf(["n1", "n2", "n3"]), changes, { committer: "n1", nVals: [3] })).toEqual({ ok: false, why });
});

test("while partitions are handed over only what is forced can be planned", () => {
  const ring = ringOf(["n1", "n2", "n3"]);
  const running = planned(ring, [{ kind: "join", member: "n4" }]);
  const result = planChanges(ring, [{ kind: "leave", member: "n1" }], { committer: "n1", nVals: [3], running });
  expect(result).toMatchObject({ ok: false, why: expect.stringContaining("only forced changes") });
});

test("a plan can be read", () => {
  const ring = ringOf(["n1", "n2", "n3"], 8);
  const lines = describePlan(ring, planned(ring, [{ kind: "replace", member: "n2", by: "n4" }]));
  expect(lines.slice(0, 6)).toEqual([
    "replace n2 by n4",
    "n1: 3 -> 3 partitions",
    "n2: 3 -> 0 partitions",
    "n3: 2 -> 2 partitions",
    "n4: 0 -> 3 partitions",
    "3 of 8 partitions move",
  ]);
  expect(lines.slice(6)).toHaveLength(3);
});

test("positions move, one for one, in clusters with fewer nodes than N too", () => {
  const moves = (ring: Ring, change: Change): Set<string> =>
    new Set(new Transition(ring, planned(ring, [change])).transfers.map(({ from, to }) => `${from} -> ${to}`));
  // the first of two answers twice: it gives one of its positions to the third
  const two = ringOf(["n1", "n2"]);
  expect(moves(two, { kind: "join", member: "n3" })).toEqual(new Set(["n1 -> n3", "n2 -> n3"]));
  // of three who leaves gives its position to the one who answers twice from then on
  const three = ringOf(["n1", "n2", "n3"]);
  const left = new Transition(three, planned(three, [{ kind: "leave", member: "n3" }])).transfers;
  expect(left.filter(({ from }) => from !== "n3")).toEqual([]);
  expect(left).toHaveLength(64);
});

test("the position of one who is lost is made anew from all others, who keep their own", () => {
  const ring = ringOf(["n1", "n2", "n3", "n4"]);
  const { transfers, ...rest } = transitionOf(ring, planned(ring, [{ kind: "force-remove", member: "n4" }]));
  expect(rest.handedOver).toEqual([]);
  for (const { partition, to, isRebuilding } of transfers) {
    const sources = transfers.filter((transfer) => transfer.partition === partition && transfer.to === to);
    expect([isRebuilding, sources.length]).toEqual([true, 2]);
  }
});

/** With all of its transfers done. */
function transitionOf(
  ring: Ring,
  plan: Plan,
): { readonly transfers: Transition["transfers"]; readonly handedOver: readonly string[] } {
  const { transfers } = new Transition(ring, plan);
  const done = Object.fromEntries(
    transfers.map((transfer) => [transferName(transfer), { state: "done", moved: 1, total: 1 } as const]),
  );
  const after = new Transition(ring, plan, done);
  const handedOver = transfers.flatMap(({ from = "", partition }) => after.handedTo(from, partition, 3));
  return { transfers, handedOver };
}
