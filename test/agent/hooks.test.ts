// Shows how the agent brings a store's own troubles to what is asked: only what differs is sent, what was set is read back, and every way to fail is said.
import { describe, expect, test } from "vitest";
import { settleHooks } from "../../src/agent/hooks.js";
import type { NetworkNamespace } from "../../src/agent/netns.js";
import type { HttpResult, HttpTask } from "../../src/agent/probe/tasks.js";
import { type StoreHooks, noHooks } from "../../src/core/store-hooks.js";

const slowDisk: StoreHooks = { ...noHooks, disk: { ...noHooks.disk, fsyncDelayMs: 200 } };

/** A namespace in which a store with these hooks takes orders; `answer` answers in its place. */
function withStore(inForce: StoreHooks, answer?: (task: HttpTask) => HttpResult | undefined) {
  let hooks = inForce;
  const runs: string[] = [];
  const carryOut = (task: HttpTask): HttpResult => {
    const instead = answer?.(task);
    if (instead !== undefined) return instead;
    if (task.body !== null) hooks = JSON.parse(task.body) as StoreHooks;
    return { answer: "answered", status: 200, body: JSON.stringify(hooks) };
  };
  const namespace: NetworkNamespace = {
    run: async (_command, input = "") => {
      const tasks = input.split("\n").flatMap((line) => (line === "" ? [] : [JSON.parse(line) as HttpTask]));
      runs.push(tasks.map(({ method }) => method).join(" "));
      const stdout = tasks.map((task) => `${JSON.stringify(carryOut(task))}\n`).join("");
      return { exitCode: 0, stdout, stderr: "", cutShort: false };
    },
    start: nobody,
    close: async () => undefined,
  };
  return { namespace, runs, hooks: () => hooks };
}

function nobody(): never {
  throw new Error("the hooks need no conversation");
}

test("a store that is as asked is asked once and left alone", async () => {
  const { namespace, runs } = withStore(slowDisk);
  expect(await settleHooks(namespace, "n1", slowDisk)).toEqual([]);
  expect(runs).toEqual(["GET"]);
});

test.each([
  ["set", noHooks, slowDisk],
  ["taken back", slowDisk, noHooks],
])("what differs is %s as a whole and read back", async (_word, before, after) => {
  const store = withStore(before);
  expect(await settleHooks(store.namespace, "n1", after)).toEqual([{ tool: "hooks", rules: JSON.stringify(after) }]);
  expect(store.hooks()).toEqual(after);
  expect(store.runs).toEqual(["GET", "PUT GET"]);
});

test("a node without a bundled store has nothing to be taken back", async () => {
  const { namespace } = withStore(noHooks, () => ({ answer: "refused" }));
  expect(await settleHooks(namespace, "n1", noHooks)).toEqual([]);
});

describe("fails in one sentence", () => {
  test.each<[string, (task: HttpTask) => HttpResult | undefined]>([
    ["n1 runs no bundled store", () => ({ answer: "refused" })],
    ["The store of n1 does not answer", () => ({ answer: "silent" })],
    [
      "refused its new troubles with 400",
      ({ method }) => (method === "PUT" ? { answer: "answered", status: 400, body: "no" } : undefined),
    ],
    [
      "its troubles are not those asked for",
      ({ method }) => (method === "PUT" ? { answer: "answered", status: 200, body: "{}" } : undefined),
    ],
  ])("%s", async (sentence, answer) => {
    const { namespace } = withStore(noHooks, answer);
    await expect(settleHooks(namespace, "n1", slowDisk)).rejects.toMatchObject({
      code: "FAULT_NOT_APPLIED",
      message: expect.stringContaining(sentence),
    });
  });

  test("The probe in n1's network namespace failed", async () => {
    const namespace: NetworkNamespace = {
      run: async () => ({ exitCode: 1, stdout: "", stderr: "no such file", cutShort: false }),
      start: nobody,
      close: async () => undefined,
    };
    await expect(settleHooks(namespace, "n1", slowDisk)).rejects.toThrow(
      "The probe in n1's network namespace failed: no such file.",
    );
  });
});
