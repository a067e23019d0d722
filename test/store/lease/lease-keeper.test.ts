// Shows what a leader does with what clients ask of leases: it answers once it is sure that it leads and what it needs is in the log, gives back what it may not answer, and has only its own log told what its clock says.
import { expect, it } from "vitest";
import type { Answer, Ask } from "../../../src/store/ask.js";
import { decodeCommand, encodeCommand } from "../../../src/store/entries/commands.js";
import { LeaseKeeper } from "../../../src/store/lease/lease-keeper.js";
import type { Reader } from "../../../src/store/readers.js";
import type { Op } from "../../../src/store/router.js";
import { StoreState } from "../../../src/store/store-state.js";

class World {
  nowMs = 0;
  readonly state = StoreState.create();
  readonly proposed: Uint8Array[] = [];
  readonly waiting: Reader[] = [];
  readonly lines: string[] = [];
  /** By name of the op: its answer, or that it was given back. */
  readonly outcomes: [op: string, outcome: Answer | "moved"][] = [];
  readonly #names = new Map<Op, string>();
  readonly keeper = new LeaseKeeper({
    nowMs: () => this.nowMs,
    log: (_level, _event, msg) => void this.lines.push(msg),
    electionTimeoutMs: 1000,
    book: () => this.state.leases,
    propose: (command) => void this.proposed.push(command),
    router: {
      settle: (op, answer) => void this.outcomes.push([this.#names.get(op) ?? "", answer]),
      moved: (op) => void this.outcomes.push([this.#names.get(op) ?? "", "moved"]),
    },
    readers: { add: (reader) => void this.waiting.push(reader) },
  });

  ask(name: string, ask: Ask): void {
    const op = { ask, deadlineMs: 5000, settled: false } as Op;
    this.#names.set(op, name);
    this.keeper.confirmed(op, 9);
  }

  /** The index that reads wait for is applied. */
  serve(): void {
    for (const { serve } of this.waiting.splice(0)) serve();
  }

  apply(command: Uint8Array): void {
    const answer = this.state.apply(command);
    if (answer.type !== "refused") this.keeper.applied({ type: "command", request: undefined, answer });
  }

  /** In steps that are no leap. */
  pass(ms: number): void {
    for (let passed = 0; passed < ms; passed += 250) {
      this.nowMs += 250;
      this.keeper.look();
    }
  }
}

const grant = (id: bigint, ttl: number): Uint8Array => encodeCommand("leaseGrant", { id, ttl });
const keptAlive = (...ttlsSec: number[]): Answer => ({ type: "keptAlive", ttlsSec });

it("answers once what was committed is applied: renewals with the whole TTL, and how much is left", () => {
  const world = new World();
  world.apply(grant(7n, 10));
  world.keeper.lead(3);
  world.pass(4000);
  world.ask("left", { type: "timeToLive", id: 7n });
  world.ask("renewed", { type: "keepAlive", ids: [7n, 8n] });
  world.ask("left then", { type: "timeToLive", id: 7n });
  world.ask("of none", { type: "timeToLive", id: 8n });
  expect([world.outcomes, world.waiting.map(({ index }) => index)]).toEqual([[], [9, 9, 9, 9]]);
  world.serve();
  expect(world.outcomes).toEqual([
    ["left", { type: "timeLeft", ttlSec: 10, leftMs: 7000, index: 9 }],
    ["renewed", keptAlive(10, 0)],
    ["left then", { type: "timeLeft", ttlSec: 10, leftMs: 10_000, index: 9 }],
    ["of none", { type: "timeLeft", ttlSec: 0, leftMs: 0, index: 9 }],
  ]);
});

it("gives back what it is asked once it leads no more, and what waited for its log", () => {
  const world = new World();
  world.apply(grant(7n, 10));
  world.keeper.lead(3);
  world.pass(11_000);
  world.ask("waits for the log", { type: "keepAlive", ids: [7n] });
  world.serve();
  expect(world.outcomes).toEqual([]);
  world.ask("waits to be served", { type: "keepAlive", ids: [7n] });
  world.keeper.follow();
  world.serve();
  expect(world.outcomes).toEqual([["waits for the log", "moved"], ["waits to be served", "moved"]]); // prettier-ignore
  world.pass(5000);
  expect(world.proposed.length).toBe(2);
});

it("tells of a lease whose end may be in the log already only when it is, and says whose time was over", () => {
  const world = new World();
  world.apply(grant(7n, 10));
  world.apply(encodeCommand("put", { key: "k", lease: 7n }));
  world.keeper.lead(3);
  world.pass(11_000);
  expect(world.proposed.map(decodeCommand)).toEqual([{ type: "leaseTimes", expired: [{ id: 7n, serial: 1 }], remaining: [] }]);
  world.ask("late", { type: "keepAlive", ids: [7n] });
  world.serve();
  expect([world.outcomes, world.state.kv.size]).toEqual([[], 1]);
  for (const command of world.proposed) world.apply(command);
  expect([world.outcomes, world.state.kv.size]).toEqual([[["late", keptAlive(0)]], 0]);
  expect(world.lines).toEqual(["lease 7 is over: nobody renewed it"]);
});

it("takes back in the log what stands there of a lease before it renews it", () => {
  const world = new World();
  world.apply(grant(7n, 3600));
  world.apply(encodeCommand("leaseTimes", { remaining: [{ id: 7n, serial: 1, sec: 100 }] }));
  world.keeper.lead(3);
  world.ask("renewed", { type: "keepAlive", ids: [7n] });
  world.serve();
  expect([world.outcomes, world.proposed.map(decodeCommand)]).toEqual([
    [],
    [{ type: "leaseTimes", expired: [], remaining: [{ id: 7n, serial: 1, sec: 0 }] }],
  ]);
  for (const command of world.proposed) world.apply(command);
  expect([world.outcomes, world.state.leases.get(7n)?.remainingSec]).toEqual([[["renewed", keptAlive(3600)]], 3600]);
});

it("begins once for each term that it leads in", () => {
  const world = new World();
  world.apply(grant(7n, 10));
  for (const [term, left] of [
    [3, 11_000],
    [3, 6000],
    [4, 11_000],
  ] as const) {
    // prettier-ignore
    world.keeper.lead(term);
    world.ask(`in term ${term}`, { type: "timeToLive", id: 7n });
    world.serve();
    expect(world.outcomes.at(-1)?.[1]).toMatchObject({ leftMs: left });
    world.pass(5000);
  }
});
