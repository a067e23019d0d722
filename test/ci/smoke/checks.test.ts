// Shows what `devious smoke` checks of each kind of service, and what comes of each check on a cluster that is as it should be, and is not.
import { expect, test } from "vitest";
import { SmokeRun } from "../../../src/ci/smoke/carry-out.js";
import { raftDifference, ringDifference } from "../../../src/ci/smoke/difference.js";
import { type PlannedCheck, planAfterwards, planSmoke } from "../../../src/ci/smoke/plan.js";
import type { Check, InflictedFault } from "../../../src/ci/report/report.js";
import type { RaftStatus } from "../../../src/cluster/store-status.js";
import { leaderlessDefaults } from "../../../src/core/leaderless-switches.js";
import { DeviousError } from "../../../src/core/errors.js";
import type { ImageService, ServiceSpec, StoreService } from "../../../src/spec/cluster-spec.js";
import { imageDefaults, storeService } from "../../../src/spec/cluster-spec.js";
import { FakeSmokeStage } from "../../support/fake-smoke-stage.js";

const raft = (count: number, protect: StoreService["protect"] = []): StoreService => ({
  ...storeService("kv", names("kv", count)),
  protect,
});
const ring = (count: number): StoreService =>
  storeService("kv", names("kv", count), { design: "leaderless", switches: leaderlessDefaults, tls: null });
const api = (count: number, given: Partial<ImageService> = {}): ImageService => ({
  ...imageDefaults,
  name: "api",
  nodes: names("api", count),
  zones: {},
  protect: [],
  image: "api:dev",
  ...given,
});
const led = { roles: { by: "http", port: 80, path: "/", leader: "^leader$" } } as const;

function names(service: string, count: number): readonly string[] {
  return Array.from({ length: count }, (_, i) => `${service}-${i + 1}`);
}

function plan(service: ServiceSpec, leader: string | null): readonly PlannedCheck[] {
  return planSmoke(service, { leader, isJob: false });
}

function planned(service: ServiceSpec, leader: string | null = null): readonly string[] {
  return plan(service, leader).map(({ node, what, act }) =>
    [...(node === null ? [] : [`${node}:`]), what, ...(act.do === "skip" ? [`(${act.why})`] : [])].join(" "),
  );
}

async function run(stage: FakeSmokeStage, checked: readonly PlannedCheck[]) {
  const checks: Check[] = [];
  const faults: InflictedFault[] = [];
  const smoke = new SmokeRun(stage, {
    timeoutMs: 5000,
    beganMs: 2000,
    onCheck: (check) => void checks.push(check),
    onFault: (fault) => void faults.push(fault),
  });
  await smoke.carryOut(checked);
  return { smoke, checks, faults };
}

const verdicts = (checks: readonly Check[]): Record<string, string> =>
  Object.fromEntries(checks.map(({ node, what, verdict }) => [node === null ? what : `${node} ${what}`, verdict]));

test("a raft store is written and read, loses its leader, goes on, and has lost nothing", async () => {
  expect(planned(raft(3), "kv-2")).toEqual([
    "kv-1: write 20 keys",
    "kv-1: read them",
    "kv-2: read them",
    "kv-3: read them",
    "kv-2: kill it, the leader",
    "write 20 keys without kv-2",
    "read them all without kv-2",
    "kv-2: it comes back",
    "all hold the same",
    "nothing is lost",
  ]);
  const stage = new FakeSmokeStage();
  const { checks, faults } = await run(stage, plan(raft(3), "kv-2"));
  expect(checks.map(({ verdict }) => verdict)).toEqual(Array(10).fill("pass"));
  expect(stage.done).toEqual([
    "put 20 through kv-1",
    "get 20 from kv-1",
    "get 20 from kv-2",
    "get 20 from kv-3",
    "kill kv-2",
    "put 20 through kv-1",
    "get 40 from kv-1",
    "get 40 from kv-3",
    "heal kv-2",
    "get 40 from kv-1",
    "get 40 from kv-2",
    "get 40 from kv-3",
  ]);
  expect(faults).toEqual([{ description: "kill kv-2", appliedMs: 2000, endedMs: 2000 }]);
});

test("a store of one comes back with its data, and of two nobody expects a majority of one", () => {
  expect(planned(raft(1), "kv-1")).toEqual([
    "kv-1: write 20 keys",
    "kv-1: read them",
    "kv-1: kill it, the leader",
    "kv-1: it comes back",
    "all hold the same",
    "nothing is lost",
  ]);
  expect(planned(raft(2), "kv-1")).toContain("write and read without kv-1 (kv-2 alone is no majority.)");
  expect(planned(ring(2))).toContain("write 20 keys without kv-2");
});

test("protected nodes are not hurt: another one is, or nobody", () => {
  expect(planned(raft(3, ["kv-2"]), "kv-2")).toContain("kv-3: kill it");
  expect(planned(raft(3, "all"), "kv-2").filter((line) => line.includes("kill"))).toEqual([
    "kill one (All nodes of kv are protected.)",
  ]);
});

test("nodes of an image are paused, killed and cut off in turn, the protected ones left alone", async () => {
  const service = api(2, { protect: ["api-1"], ...led });
  expect(planned(service)).toEqual([
    "all are ready",
    "api-1: ready again after faults (api-1 is protected.)",
    "api-2: ready again after a pause",
    "api-2: ready again after a kill",
    "api-2: ready again after a partition",
    "somebody leads again after the leader was killed",
    "all are ready in the end",
  ]);
  const stage = new FakeSmokeStage();
  stage.leading = ["api-1"];
  const { checks, faults } = await run(stage, plan(service, null));
  expect(verdicts(checks)).toMatchObject({
    "api-1 ready again after faults": "skip",
    "api-2 ready again after a partition": "pass",
    "somebody leads again after the leader was killed": "skip",
    "all are ready in the end": "pass",
  });
  expect(checks.find(({ node, verdict }) => node === null && verdict === "skip")?.why).toBe("api-1, which leads, is protected.");
  expect(faults.map(({ description }) => description)).toEqual(["pause api-2", "kill api-2", "partition api-2"]);
  expect(faults.map(({ appliedMs, endedMs }) => (endedMs ?? 0) - appliedMs)).toEqual([500, 0, 1000]);
});

test("nodes that are there to come to an end have only to have done so", () => {
  const plan = planSmoke(api(2), { leader: null, isJob: true });
  expect(plan.map(({ what }) => what)).toEqual(["all have completed"]);
  expect(planAfterwards(api(2), { isJob: true })).toEqual([]);
});

test("a node that does not come back is a failure with its last lines, and is not hurt any further", async () => {
  const stage = new FakeSmokeStage();
  stage.brittle.set("api-1", "kill");
  const { checks } = await run(stage, plan(api(2), null));
  expect(verdicts(checks)).toEqual({
    "all are ready": "pass",
    "api-1 ready again after a pause": "pass",
    "api-1 ready again after a kill": "fail",
    "api-1 ready again after a partition": "skip",
    "api-2 ready again after a pause": "pass",
    "api-2 ready again after a kill": "pass",
    "api-2 ready again after a partition": "pass",
    "all are ready in the end": "fail",
  });
  const [, , failed, skipped] = checks;
  expect(failed).toMatchObject({ why: "api-1 was not ready after 5s: nobody listens.", lastLines: ["it broke"] });
  expect(skipped?.why).toBe("It needs what did not pass: api-1: ready again after a kill.");
  expect(stage.active).toEqual([]);
});

test("a fault that the machine cannot do is skipped with the reason", async () => {
  const stage = new FakeSmokeStage();
  stage.impossible.set("partition", "This kernel cannot cut links.");
  stage.impossible.set("kill", "No kills today.");
  const { checks } = await run(stage, [...plan(api(1), null), ...plan(raft(3), "kv-1")]);
  const skipped = checks.filter(({ verdict }) => verdict === "skip");
  expect(skipped.map(({ why }) => why)).toEqual([
    "No kills today.",
    "It needs what did not pass: api-1: ready again after a kill.",
    "No kills today.",
    "It needs what did not pass: kv-1: kill it, the leader.",
    "It needs what did not pass: write 20 keys without kv-1.",
    "It needs what did not pass: kv-1: kill it, the leader.",
    "It needs what did not pass: kv-1: it comes back.",
    "It needs what did not pass: kv-1: it comes back.",
  ]);
});

test.each([
  ["another takes over", "api-2", 0, "pass", "api-2 led 0ms after api-1 was killed."],
  ["the old one has yet to hear of it", "api-2", 3000, "pass", "api-2 led 0ms after api-1 was killed."],
  ["the old one never hears of it", "api-2", 60_000, "fail", "api-1 and api-2 each say that they lead api, still after 5s."],
  ["the old one leads again", undefined, 0, "pass", "Nobody led without api-1; api-1 leads now that it is back."],
  ["nobody leads any more", null, 0, "fail", "Nobody said that it leads api for 5s."],
] as const)("who leads is killed: %s", async (_what, heir, insistsMs, verdict, why) => {
  const stage = new FakeSmokeStage();
  stage.leading = ["api-1"];
  stage.heir = heir;
  stage.insistsMs = insistsMs;
  const some = plan(api(3, led), null).filter(({ id }) => id === "ready" || id === "leader");
  const { checks } = await run(stage, some);
  expect(checks.at(-1)).toMatchObject({ verdict, why });
});

test("who leads is asked no more than half of the time, whatever an answer costs", async () => {
  for (const [answerMs, mostAsked] of [
    [0, 102],
    [500, 7],
  ] as const) {
    const stage = new FakeSmokeStage();
    stage.answerMs = answerMs;
    const some = plan(api(3, led), null).filter(({ id }) => id === "ready" || id === "leader");
    const { checks } = await run(stage, some);
    expect(checks.at(-1)).toMatchObject({ verdict: "fail", why: "Nobody said that it leads api for 5s." });
    expect(stage.asked).toBeGreaterThan(mostAsked / 2);
    expect(stage.asked).toBeLessThanOrEqual(mostAsked);
  }
});

test("before a scenario, a leader that has yet to hear of its successor is waited for, but not for ever", async () => {
  for (const [insistsMs, leadersThen] of [
    [8000, ["api-2"]],
    [60_000, ["api-1", "api-2"]],
  ] as const) {
    const stage = new FakeSmokeStage();
    Object.assign(stage, { leading: ["api-1"], heir: "api-2", insistsMs });
    const some = plan(api(3, led), null).filter(({ id }) => id === "ready" || id === "leader");
    const { smoke } = await run(stage, some);
    await smoke.leadersSettle("api", 1);
    expect(await stage.leaders()).toEqual(leadersThen);
    expect(stage.nowMs()).toBeLessThan(60_000);
  }
});

test("what takes its time is waited for: an election, the last of the entries", async () => {
  const stage = new FakeSmokeStage();
  stage.unsettledMs = 1000;
  const { checks } = await run(stage, plan(raft(3), "kv-1"));
  expect(checks.map(({ verdict }) => verdict)).toEqual(Array(10).fill("pass"));
  expect(checks[0]?.tookMs).toBe(1000);
  stage.unsettledMs = 1_000_000;
  const { checks: late } = await run(stage, plan(raft(3, "all"), "kv-1"));
  expect(late.find(({ what }) => what === "all hold the same")).toMatchObject({
    verdict: "fail",
    why: "n1 has applied 3, n2 2, still after 5s.",
  });
  expect(late[0]).toMatchObject({ verdict: "fail", why: "kv-1: there is no leader.", lastLines: ["kv-1 says nothing"] });
});

test("a key that is lost is a failure that names it, in a ring where it stays lost", async () => {
  const missing = "kv-3 does not have devious-smoke/before-7, which was written and acknowledged";
  for (const [store, why, whats] of [
    [raft(3, ["kv-3"]), `${missing}.`, ["read them", "read them all without kv-2", "nothing is lost"]],
    [ring(3), `${missing}, still after 5s.`, ["read them", "nothing is lost"]],
  ] as const) {
    const stage = new FakeSmokeStage();
    stage.lost.set("kv-3", "devious-smoke/before-7");
    const { checks, smoke } = await run(stage, plan(store, null));
    expect(checks.filter(({ verdict }) => verdict === "fail").map((check) => [check.what, check.why])).toEqual(
      whats.map((what) => [what, why]),
    );
    await smoke.carryOut(planAfterwards(store, { isJob: false }));
    expect(checks.slice(-3).map(({ verdict }) => verdict)).toEqual(["pass", "pass", "fail"]);
  }
});

test("in a ring a read may miss what is there, if not for long", async () => {
  const stage = new FakeSmokeStage();
  stage.lost.set("kv-2", "devious-smoke/before-7");
  stage.lostMs = 300;
  const { checks } = await run(stage, plan(ring(3), null));
  expect(checks.every(({ verdict }) => verdict === "pass")).toBe(true);
  expect(checks.filter(({ why }) => why !== null)).toMatchObject([
    {
      what: "read them",
      tookMs: 300,
      why: "Not at once: kv-2 does not have devious-smoke/before-7, which was written and acknowledged; after 300ms nothing was missing.",
    },
  ]);
});

test("an engine that is gone ends all checks", async () => {
  const stage = new FakeSmokeStage();
  stage.difference = () => Promise.reject(new DeviousError("ENGINE_UNREACHABLE", "The engine is gone."));
  await expect(run(stage, plan(raft(3), "kv-1"))).rejects.toThrow("The engine is gone.");
});

test("raft nodes are equal by what they applied and its hash", () => {
  const node = (name: string, applied: number, hash: string | undefined) => ({
    node: name,
    status: { applied, ...(hash === undefined ? {} : { hash }) } as RaftStatus,
  });
  expect(raftDifference([node("n1", 5, "a"), node("n2", 5, "a")])).toBeNull();
  expect(raftDifference([node("n1", 5, "a"), node("n2", 4, "b")])).toBe("n1 has applied 5, n2 4.");
  expect(raftDifference([node("n1", 5, "a"), node("n2", 5, "b")])).toBe(
    "n1 and n2 have applied the same, and their data differs: a, b.",
  );
  expect(raftDifference([node("n1", 5, "a"), { node: "n2", status: null }])).toBe("n2 did not tell a hash.");
});

test("a ring is equal by its replicas, and nothing may wait for its owners", () => {
  const equal = { cluster: "c", verdict: "equal", places: 8, keys: 20, different: [], waiting: [], silent: [] } as const;
  const copies = [{ node: "n1", keys: 1, root: "a" }, { node: "n2", keys: 0, root: "b" }]; // prettier-ignore
  expect(ringDifference(equal)).toBeNull();
  expect(ringDifference({ ...equal, verdict: "different", different: [{ partition: 3, n: 3, copies }] })).toBe(
    "n1, n2 do not hold the same of partition 3, and so it is with 0 more.",
  );
  expect(ringDifference({ ...equal, verdict: "different", waiting: [{ keptBy: "n1", owner: "n2", keys: 4 }] })).toBe(
    "4 keys wait at n1 for n2.",
  );
  expect(ringDifference({ ...equal, verdict: "unknown", silent: [{ node: "n3", state: "exited" }] })).toBe(
    "n3 did not tell what it holds.",
  );
});
