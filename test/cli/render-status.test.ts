// Shows how `status` and `up` name the options of the store that break a promise: in red, one line an option, with who runs with it.
import { Chalk } from "chalk";
import { expect, it } from "vitest";
import { renderUnsafe } from "../../src/cli/render-status.js";
import type { StoreStatus } from "../../src/cluster/store-client.js";
import { safeSwitches, unsafeSwitches, type StoreSwitches } from "../../src/core/store-switches.js";

function node(name: string, switches: Partial<StoreSwitches>) {
  const store: StoreStatus = {
    node: name,
    member: 1,
    role: "follower",
    term: 1,
    leader: null,
    commit: 1,
    applied: 1,
    revision: 1,
    voters: [],
    learners: [],
    uptimeMs: 0,
    unsafe: unsafeSwitches({ ...safeSwitches, ...switches }),
  };
  return { node: name, store };
}

const plain = new Chalk({ level: 0 });

it("says nothing of a store that keeps its promises, of an image, or of a silent node", () => {
  expect(renderUnsafe([node("n1", {}), { node: "api-1", store: null }], plain)).toEqual([]);
});

it("names each option once, with all who run with it", () => {
  expect(renderUnsafe([node("n1", { reads: "local", preVote: false }), node("n2", { preVote: false })], plain)).toEqual([
    expect.stringMatching(/^n1 runs with reads: local: a read may miss/),
    expect.stringMatching(/^n1, n2 run with preVote: false: a node that comes back/),
  ]);
});

it("is red where there are colours", () => {
  const chalk = new Chalk({ level: 1 });
  const [line = ""] = renderUnsafe([node("n1", { fsync: "off" })], chalk);
  expect(line.startsWith(chalk.red("n1").slice(0, -5))).toBe(true);
  expect(line).not.toBe(renderUnsafe([node("n1", { fsync: "off" })], plain)[0]);
});
