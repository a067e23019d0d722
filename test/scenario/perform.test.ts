// Shows how a timeline is played: when faults begin and end, what triggers wait for, and that whatever ends a run heals what it did.
import { expect, test } from "vitest";
import { DeviousError } from "../../src/core/errors.js";
import { parseNodes } from "../../src/scenario/nodes.js";
import { readScenario } from "../../src/scenario/parse.js";
import { type Outcome, perform } from "../../src/scenario/perform.js";
import { plan } from "../../src/scenario/plan.js";
import { planStorm, ableToAll } from "../../src/scenario/storm.js";
import type { Timeline } from "../../src/scenario/timeline.js";
import { FakeStage } from "./fake-stage.js";

function timelineOf(steps: readonly object[], nodes = parseNodes("3")): Timeline {
  const result = readScenario({ name: "test", steps }, "test");
  if (!result.ok) throw new Error(result.problems.map(({ message }) => message).join("\n"));
  return plan(result.scenario, 1, nodes);
}

interface Play {
  readonly endAtMs?: number;
  readonly failFast?: boolean;
}

async function play(stage: FakeStage, timeline: Timeline, { endAtMs, failFast = false }: Play = {}): Promise<readonly Outcome[]> {
  const ended = new AbortController();
  if (endAtMs !== undefined) stage.at(endAtMs, () => ended.abort());
  const nothing = (): void => undefined;
  return stage.until(perform(timeline, stage, { signal: ended.signal, failFast, onApplied: nothing, onOver: nothing }));
}

function resultsOf(outcomes: readonly Outcome[]): Readonly<Record<string, string>> {
  return Object.fromEntries(outcomes.map(({ id, result }) => [id, result]));
}

test("faults begin at their times, last as long as they should, and are seen healed", async () => {
  const stage = new FakeStage();
  const outcomes = await play(
    stage,
    timelineOf([
      { name: "a", at: "5s", pause: "n1", for: "3s" },
      { name: "b", at: "6s", partition: "isolate n3", for: "10s" },
      { name: "c", every: "4500ms", times: 2, kill: "n2", for: "1s" },
    ]),
  );
  expect(stage.diary).toEqual([
    "4.5s apply f1 kill n2 for 1s",
    "5.0s apply f2 pause n1 for 3s",
    "5.5s heal f1",
    "6.0s apply f3 partition n3 | n1,n2 for 10s",
    "8.0s heal f2",
    "9.0s apply f4 kill n2 for 1s",
    "10.0s heal f4",
    "16.0s heal f3",
  ]);
  expect(outcomes.find(({ id }) => id === "a")).toEqual({
    id: "a",
    result: "done",
    why: null,
    plannedMs: 5000,
    appliedMs: 5000,
    endedMs: 8000,
    faultId: "f2",
    fault: { kind: "pause", nodes: ["n1"] },
  });
});

test("a step waits for another to be in force, or for all of its faults to be over", async () => {
  const stage = new FakeStage();
  stage.applyMs = 100;
  await play(
    stage,
    timelineOf([
      { name: "cut", every: "10s", times: 2, pause: "n1", for: "2s" },
      { after: "cut.applied + 1s", kill: "n2", for: "1s" },
      { name: "last", after: "cut.healed", kill: "n3", for: "1s" },
      { after: "last.healed", restart: "n1" },
    ]),
  );
  expect(stage.diary.filter((line) => line.includes("apply"))).toEqual([
    "10.1s apply f1 pause n1 for 2s",
    "11.2s apply f2 kill n2 for 1s",
    "20.1s apply f3 pause n1 for 2s",
    "22.2s apply f4 kill n3 for 1s",
    "23.3s apply f5 restart n1 for 0s",
  ]);
});

test("an election and a log match are waited for; what was said of chaos, or by another node, is no match", async () => {
  const stage = new FakeStage();
  stage.said.push(
    { atMs: 1000, record: { node: "chaos", msg: "pause n1: snapshot-saved" } },
    { atMs: 2000, record: { node: "n1", msg: "snapshot-saved" } },
    { atMs: 3000, record: { node: "n2", event: "leader-elected" } },
    { atMs: 4000, record: { node: "n2", msg: "a snapshot-saved at last" } },
    { atMs: 5000, record: { node: "n3", event: "leader-elected" } },
  );
  const outcomes = await play(
    stage,
    timelineOf([
      { when: "leader-elected", pause: "n1", for: "1s" },
      { when: { log: "snapshot-saved", node: "n2" }, pause: "n2", for: "1s" },
      { when: { log: "snapshot" }, pause: "n3", for: "1s" },
    ]),
  );
  expect(stage.diary.filter((line) => line.includes("apply"))).toEqual([
    "2.0s apply f1 pause n3 for 1s",
    "3.0s apply f2 pause n1 for 1s",
    "4.0s apply f3 pause n2 for 1s",
  ]);
  expect(outcomes.map(({ result }) => result)).toEqual(["done", "done", "done"]);
});

const ofImages = parseNodes("3").map((facts) => ({ ...facts, bundled: false, tellsRole: true as const }));

test("an election among nodes that say nothing of it is seen by asking them, at most twice a second, until somebody has seen it", async () => {
  const stage = new FakeStage();
  stage.roleChanges.push(
    { atMs: 0, roles: { n1: "leader", n2: "follower", n3: "follower" } },
    { atMs: 4000, roles: { n1: "down", n2: "follower", n3: "silent" } },
    { atMs: 7200, roles: { n1: "down", n2: "leader", n3: "follower" } },
  );
  await play(
    stage,
    timelineOf(
      [
        { at: "4s", kill: "n1", for: "6s" },
        { when: "leader-elected", pause: "n2", for: "60s" },
        { when: "leader-elected", pause: "n3", for: "1s" },
      ],
      ofImages,
    ),
  );
  expect(stage.diary.filter((line) => line.includes("apply"))).toEqual([
    "4.0s apply f1 kill n1 for 6s",
    "7.5s apply f2 pause n3 for 1s",
    "7.5s apply f3 pause n2 for 60s",
  ]);
  expect(stage.asked).toBe(16);
});

test("an election that does not come is not asked for any longer than it is waited for, also while the engine is away", async () => {
  const stage = new FakeStage();
  const steps = [
    { name: "flap", when: "leader-elected", within: "3s", pause: "n1" },
    { name: "long", at: "1s", pause: "n2", for: "60s" },
  ];
  expect(resultsOf(await play(stage, timelineOf(steps, ofImages)))).toEqual({ flap: "skipped", long: "done" });
  expect(stage.asked).toBe(6);
  const other = new FakeStage();
  await play(other, timelineOf(steps));
  expect(other.asked).toBe(0);
});

test("what does not happen in time is skipped with a sentence, and so is whatever waited for that", async () => {
  const stage = new FakeStage();
  const outcomes = await play(
    stage,
    timelineOf([
      { name: "flap", when: "leader-elected", within: "20s", pause: "n1" },
      { name: "next", after: "flap.healed", pause: "n2" },
      { name: "other", at: "1s", pause: "n3", for: "1s" },
    ]),
  );
  expect(resultsOf(outcomes)).toEqual({ flap: "skipped", next: "skipped", other: "done" });
  expect(outcomes.find(({ id }) => id === "flap")?.why).toBe("It did not happen within 20 s: leader-elected.");
  expect(outcomes.find(({ id }) => id === "next")?.why).toBe("The step flap was not healed.");
});

const noLeader = new DeviousError("NO_LEADER", "The cluster has no leader just now.");

test("a fault that cannot be brought about is recorded, and the run goes on", async () => {
  const stage = new FakeStage();
  stage.refused.set("pause n1", noLeader);
  const outcomes = await play(stage, timelineOf([{ name: "a", at: "1s", pause: "n1" }, { name: "b", at: "5s", pause: "n2", for: "1s" }])); // prettier-ignore
  expect(resultsOf(outcomes)).toEqual({ a: "failed", b: "done" });
  expect(outcomes.find(({ id }) => id === "a")).toMatchObject({ why: noLeader.message, plannedMs: 1000, appliedMs: null });
});

test("with fail-fast the first such fault ends the run, and what is in force is healed", async () => {
  const stage = new FakeStage();
  stage.refused.set("pause n1", noLeader);
  const outcomes = await play(
    stage,
    timelineOf([{ name: "a", at: "3s", pause: "n1" }, { name: "b", at: "1s", pause: "n2", for: "1h" }, { name: "c", at: "5s", kill: "n3" }]), // prettier-ignore
    { failFast: true },
  );
  expect(resultsOf(outcomes)).toEqual({ a: "failed", b: "interrupted", c: "interrupted" });
  expect(stage.diary).toEqual(["1.0s apply f1 pause n2 for 3600s", "3.0s refuse pause n1", "3.0s heal f1"]);
});

test("a signal heals everything in force, also what was just being brought about, and nothing more begins", async () => {
  const stage = new FakeStage();
  stage.applyMs = 500;
  const outcomes = await play(
    stage,
    timelineOf([{ name: "a", at: "1s", pause: "n1", for: "1h" }, { name: "b", at: "2s", kill: "n2", for: "1h" }, { name: "c", at: "3s", kill: "n3" }]), // prettier-ignore
    { endAtMs: 2100 },
  );
  expect(resultsOf(outcomes)).toEqual({ a: "interrupted", b: "interrupted", c: "interrupted" });
  expect(stage.active).toEqual([]);
  expect(stage.diary).toEqual([
    "1.5s apply f1 pause n1 for 3600s",
    "2.1s heal f1",
    "2.5s apply f2 kill n2 for 3600s",
    "2.5s heal f2",
  ]);
  expect(outcomes.find(({ id }) => id === "a")).toMatchObject({ faultId: "f1", endedMs: 2100 });
});

test("an agent that does not answer holds a run up no longer than five seconds after the signal", async () => {
  const stage = new FakeStage();
  stage.healMs = 60_000;
  const outcomes = await play(stage, timelineOf([{ name: "a", at: "1s", pause: "n1", for: "1h" }]), { endAtMs: 2000 });
  expect(stage.nowMs()).toBe(7000);
  expect(outcomes).toMatchObject([{ id: "a", result: "failed", faultId: "f1", endedMs: null }]);
});

test("a storm lasts to the end of its quiet end", async () => {
  const stage = new FakeStage();
  const input = { profile: "rough", seed: 4, durationMs: 60_000, nodes: parseNodes("5"), capabilities: ableToAll, keepQuorum: true } as const; // prettier-ignore
  const outcomes = await play(stage, planStorm(input));
  expect(stage.nowMs()).toBe(60_000);
  expect(outcomes.length).toBeGreaterThan(3);
  expect(outcomes.every(({ result, endedMs }) => result === "done" && endedMs !== null && endedMs <= 50_000)).toBe(true);
});
