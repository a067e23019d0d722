// Whatever nodes change, cut off or not, all know the same soon after they can speak; who knows the same exchanges next to nothing.
import { expect, test } from "vitest";
import { createPrng } from "../../../../src/core/prng.js";
import {
  activateType,
  createType,
  propsOf,
  setBucketProps,
  typeStatus,
} from "../../../../src/store/leaderless/gossip/bucket-types.js";
import { canonical } from "../../../../src/store/leaderless/gossip/canonical.js";
import { mergeRings, type ClusterState } from "../../../../src/store/leaderless/gossip/cluster-state.js";
import { Gossip, type GossipEvent } from "../../../../src/store/leaderless/gossip/gossip.js";
import {
  aloneRing,
  commit,
  join,
  markDown,
  markGone,
  memberStatus,
  planStaged,
  stage,
  stagedChanges,
  withProgress,
} from "../../../../src/store/leaderless/gossip/membership.js";
import { parseGossipMessage, type GossipMessage } from "../../../../src/store/leaderless/gossip/messages.js";
import { Transition, transferName } from "../../../../src/store/leaderless/ring/transfers.js";
import { doSomething, founded } from "./clusters.js";

const seeds = Array.from({ length: 10 }, (_, i) => i + 1);

/** Nodes that gossip over a network which loses and cuts; every message passes it as JSON and through the parser. */
class GossipNet {
  readonly names: readonly string[];
  readonly events: { readonly node: string; readonly event: GossipEvent }[] = [];
  readonly sent: GossipMessage[] = [];
  /** Messages that the parser made something else of. */
  readonly misread: GossipMessage[] = [];
  readonly #nodes = new Map<string, Gossip>();
  readonly #prng;
  loss = 0;
  isCut: (from: string, to: string) => boolean = () => false;

  constructor(seed: number, size: number, extra: readonly string[] = []) {
    this.#prng = createPrng(seed);
    const together = founded(size);
    this.names = [...Object.keys(together.ring.members), ...extra];
    for (const self of this.names) {
      const state = extra.includes(self) ? { ...together, ring: aloneRing(self, `${self}:2380`, 16) } : together;
      this.#nodes.set(
        self,
        new Gossip({ self, prng: this.#prng.fork(), state, isReachable: (member) => !this.isCut(self, member) }),
      );
    }
  }

  state(name: string): ClusterState {
    return (this.#nodes.get(name) as Gossip).state;
  }

  change(name: string, change: (state: ClusterState) => ClusterState): void {
    this.#give(name, { type: "change", change });
  }

  knowsSettings(name: string, other: string): boolean {
    return (this.#nodes.get(name) as Gossip).knowsSettings(other);
  }

  meet(name: string, member: string): void {
    this.#give(name, { type: "meet", member });
  }

  ticks(count: number): void {
    for (let tick = 0; tick < count; tick++) for (const name of this.names) this.#give(name, { type: "tick" });
  }

  disagreeing(): number {
    return new Set(this.names.map((name) => canonical(this.state(name)))).size - 1;
  }

  #give(name: string, input: Parameters<Gossip["step"]>[0][number]): void {
    const { send, events } = (this.#nodes.get(name) as Gossip).step([input]);
    this.events.push(...events.map((event) => ({ node: name, event })));
    for (const message of send) {
      this.sent.push(message);
      if (this.isCut(message.from, message.to) || this.#prng.chance(this.loss)) continue;
      const parsed = parseGossipMessage(JSON.parse(JSON.stringify(message)));
      if (canonical(parsed) !== canonical(message)) this.misread.push(message);
      if (parsed && this.#nodes.has(parsed.to)) this.#give(parsed.to, { type: "receive", message: parsed });
    }
  }
}

test.each(seeds)("seed %i: everybody ends with the same state", (seed) => {
  const net = new GossipNet(seed, 5);
  const prng = createPrng(seed + 1000);
  net.loss = 0.2;
  for (let round = 0; round < 60; round++) {
    if (round % 20 === 0) {
      const side = prng.shuffle(net.names).slice(0, prng.int(0, 2));
      net.isCut = (from, to) => side.includes(from) !== side.includes(to);
    }
    const name = prng.pick(net.names);
    net.change(name, (state) => doSomething(state, name, prng));
    net.ticks(3);
  }
  net.isCut = () => false;
  net.ticks(300);
  expect(net.disagreeing()).toBe(0);
  expect(net.misread).toEqual([]);
});

test("who meets a cluster is joining; who asks to join although it is in the ring is not in the way of other changes", () => {
  const net = new GossipNet(1, 3, ["n4"]);
  net.meet("n4", "n1");
  net.ticks(50);
  expect(net.names.map((name) => memberStatus(net.state(name).ring, "n4"))).toEqual(net.names.map(() => "joining"));
  net.change("n2", (state) => {
    const planned = planStaged(state.ring, "n2", [3]);
    const result = planned.ok ? commit(state.ring, planned.plan) : planned;
    return result.ok ? { ...state, ring: result.state } : state;
  });
  net.ticks(50);
  // its disk was wiped: it starts alone again
  const wiped = aloneRing("n4", "n4:2380", 16);
  net.change("n4", (state) => ({ ...state, ring: mergeRings(wiped, stage(state.ring, { kind: "join", member: "n4" }, "n4")) }));
  net.ticks(50);
  expect(net.disagreeing()).toBe(0);
  expect(stagedChanges(net.state("n3").ring)).toEqual([]);
  expect(memberStatus(net.state("n3").ring, "n4")).toBe("valid");
});

test("a change is everywhere at once where nothing is lost", () => {
  const net = new GossipNet(1, 12);
  net.change("n3", (state) => ({ ...state, ring: join(state.ring, "n13", "n13:2380") }));
  net.ticks(10);
  expect(net.disagreeing()).toBe(0);
});

test("what clients set is known to all that can be reached, and they have said so, before any time passes", () => {
  const net = new GossipNet(1, 12);
  net.isCut = (from, to) => from === "n7" || to === "n7";
  net.change("n3", (state) => setBucketProps(state, "default", "b", { r: 1 }, "n3"));
  expect(net.names.filter((name) => propsOf(net.state(name), "default", "b")?.["r"] === 1)).toEqual(
    net.names.filter((name) => name !== "n7"),
  );
  expect(net.names.filter((name) => net.knowsSettings("n3", name))).toEqual(
    net.names.filter((name) => name !== "n3" && name !== "n7"),
  );
  net.change("n3", (state) => setBucketProps(state, "default", "b", { r: 2 }, "n3"));
  net.isCut = () => true;
  net.change("n3", (state) => setBucketProps(state, "default", "b", { r: 3 }, "n3"));
  expect(net.names.filter((name) => net.knowsSettings("n3", name))).toEqual([]);
});

test("who knows the same exchanges hashes only", () => {
  const net = new GossipNet(1, 8);
  net.ticks(200);
  expect(net.sent.every(({ type }) => type === "digest")).toBe(true);
  expect(net.sent.length).toBe(8 * 20);
  expect(Math.max(...net.sent.map((message) => JSON.stringify(message).length))).toBeLessThan(150);
});

test("two plans on two sides of a cut: one is carried out, and who committed the other hears that it has to be staged again", () => {
  const net = new GossipNet(4, 5, ["n6", "n7"]);
  net.meet("n6", "n1");
  net.meet("n7", "n5");
  net.ticks(100);
  expect(net.disagreeing()).toBe(0);
  expect(stagedChanges(net.state("n2").ring)).toHaveLength(2);
  const side = ["n1", "n2", "n6"];
  net.isCut = (from, to) => side.includes(from) !== side.includes(to);
  const commitOnly = (name: string, member: string, other: string): void => {
    net.change(name, (state) => {
      const staged = { ...state.ring, staged: { ...state.ring.staged, [other]: { version: 2, by: name } } };
      const planned = planStaged(staged, name, [3]);
      const result = planned.ok ? commit(staged, planned.plan) : planned;
      if (!result.ok) throw new Error(result.why);
      expect(result.state.plan?.members).toContain(member);
      return { ...state, ring: result.state };
    });
  };
  commitOnly("n1", "n6", "n7");
  commitOnly("n3", "n7", "n6");
  net.ticks(50);
  net.events.length = 0;
  net.isCut = () => false;
  net.ticks(100);
  expect(net.disagreeing()).toBe(0);
  expect(net.state("n1").ring.plan).toMatchObject({ version: 2, committer: "n3" });
  const overruled = net.events.filter(({ event }) => event.type === "overruled");
  expect(overruled.map(({ node }) => node).sort()).toEqual(["n1", "n2", "n6"]);
  expect(overruled[0]?.event).toEqual({ type: "overruled", ring: "2@n1", by: "2@n3", changes: [{ kind: "join", member: "n6" }] });
});

test("transfers that different nodes report settle the ring on every node, each told once", () => {
  const net = new GossipNet(2, 4);
  net.change("n1", (state) => {
    const staged = stage(state.ring, { kind: "leave", member: "n4" }, "n1");
    const planned = planStaged(staged, "n1", [3]);
    const result = planned.ok ? commit(staged, planned.plan) : planned;
    return result.ok ? { ...state, ring: result.state } : state;
  });
  net.ticks(50);
  const { ring, plan } = net.state("n2").ring;
  for (const transfer of new Transition(ring, plan).transfers) {
    const done = { state: "done", moved: 1, total: 1 } as const;
    net.change(transfer.from ?? "n1", (state) => ({
      ...state,
      ring: withProgress(state.ring, { [transferName(transfer)]: done }),
    }));
  }
  net.ticks(50);
  expect(net.disagreeing()).toBe(0);
  expect(net.state("n3").ring.ring.members).toEqual(["n1", "n2", "n3"]);
  expect(memberStatus(net.state("n3").ring, "n4")).toBe("exiting");
  expect(
    net.events
      .filter(({ event }) => event.type === "settled")
      .map(({ node }) => node)
      .sort(),
  ).toEqual(net.names);
});

test("a bucket type is ready once all have heard of it, and active everywhere once one has activated it", () => {
  const net = new GossipNet(3, 5);
  net.isCut = (from, to) => (from === "n5") !== (to === "n5");
  net.change("n1", (state) => {
    const created = createType(state, "sets", { datatype: "set" }, "n1");
    return created.ok ? created.state : state;
  });
  net.ticks(100);
  expect(typeStatus(net.state("n1"), "sets")).toBe("created");
  net.isCut = () => false;
  net.ticks(100);
  expect(net.names.map((name) => typeStatus(net.state(name), "sets"))).toEqual(net.names.map(() => "ready"));
  net.change("n4", (state) => {
    const active = activateType(state, "sets", "n4");
    return active.ok ? active.state : state;
  });
  net.ticks(100);
  expect(
    net.events
      .filter(({ event }) => event.type === "bucketTypeActive")
      .map(({ node }) => node)
      .sort(),
  ).toEqual(net.names);
});

test("who was marked down says that it is back", () => {
  const net = new GossipNet(3, 3);
  net.change("n1", (state) => ({ ...state, ring: markDown(state.ring, "n2") }));
  net.ticks(50);
  expect(net.names.map((name) => memberStatus(net.state(name).ring, "n2"))).toEqual(["valid", "valid", "valid"]);
});

test("what is no message is refused", () => {
  const digest = { ring: "0123456789ab", types: "0123456789ab", buckets: "0123456789ab" };
  const state = { type: "state", from: "a", to: "b", digest, isAnswer: false, state: { types: {} } };
  expect(parseGossipMessage(state)).toEqual(state);
  const wrong: readonly unknown[] = [
    { ...state, from: 1 },
    { ...state, digest: { ...digest, ring: "x" } },
    { ...state, isAnswer: 1 },
    { ...state, state: { ring: {} } },
    { ...state, state: { buckets: { b: { version: -1, by: "a" } } } },
    { ...state, type: "news" },
    null,
  ];
  for (const value of wrong) expect(parseGossipMessage(value)).toBeUndefined();
});

test("two that are gone do not tell each other for ever that they know the same", () => {
  const { ring, ...rest } = founded(3);
  const state = { ...rest, ring: markGone(markGone(ring, "n1"), "n2") };
  const [one, other] = ["n1", "n2"].map((self) => new Gossip({ self, prng: createPrng(1), state, isReachable: () => true })) as [
    Gossip,
    Gossip,
  ];
  const digest = { type: "digest", from: "n1", to: "n2", digest: one.digest } as const;
  const answers = other.step([{ type: "receive", message: digest }]).send;
  expect(answers.flatMap((message) => one.step([{ type: "receive", message }]).send)).toEqual([]);
});
