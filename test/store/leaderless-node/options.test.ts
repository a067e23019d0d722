// Shows what a leaderless node takes from its environment, what it says of what it does not take, and which of its options break a promise.
import { expect, it } from "vitest";
import { changedLeaderless, leaderlessDefaults, unsafeLeaderless } from "../../../src/core/leaderless-switches.js";
import { addressOf, memberAt } from "../../../src/store/leaderless-node/address.js";
import { leaderlessOptions } from "../../../src/store/leaderless-node/options.js";
import { designOf } from "../../../src/store/node-options.js";

function env(options: object) {
  return {
    DEVIOUS_CLUSTER: "shop",
    DEVIOUS_NODE: "n2",
    DEVIOUS_MEMBER: "2",
    DEVIOUS_MEMBERS: "1=n1,2=n2",
    DEVIOUS_CLUSTER_STATE: "new",
    DEVIOUS_STORE_OPTIONS: JSON.stringify(options),
  };
}

it("takes what the spec asks for, and the defaults for all else", () => {
  expect(leaderlessOptions(env({ design: "leaderless" }))).toMatchObject({
    node: "n2",
    member: 2,
    members: [
      { id: 1, name: "n1", host: "n1", peerPort: 2380 },
      { id: 2, name: "n2", host: "n2", peerPort: 2380 },
    ],
    switches: leaderlessDefaults,
    pbAddress: { port: 8087 },
    httpAddress: { port: 8098 },
  });
  const asked = { n: 5, r: 1, w: "all", conflict: "lww", partitions: 8, deleteMode: "keep", fsync: "off" } as const;
  const { switches } = leaderlessOptions(env({ design: "leaderless", ...asked }));
  expect(switches).toEqual({ ...leaderlessDefaults, ...asked });
  expect(changedLeaderless(switches)).toEqual(asked);
});

it("knows its design", () => {
  expect(designOf(env({ design: "leaderless" }))).toBe("leaderless");
  expect(designOf(env({}))).toBe("raft");
  expect(() => designOf(env({ design: "tablets" }))).toThrow('"design" must be raft or leaderless');
});

it.each([
  [{ n: 0 }, '"n" must be a whole number from 1 to 15'],
  [{ r: 4 }, "r (4) is more than n (3)"],
  [{ w: "two" }, '"w" must be a whole number from 1 to 15, or one of one, quorum, all'],
  [{ partitions: 12 }, '"partitions" must be one of 8, 16'],
  [{ deleteMode: 0 }, '"deleteMode" must be keep, immediate, or a number of ms'],
  [{ readRepair: 1 }, '"readRepair" must be one of true, false'],
  [{ election: 1 }, 'there is no option "election"'],
])("refuses %j", (options, sentence) => {
  expect(() => leaderlessOptions(env({ design: "leaderless", ...options }))).toThrow(sentence);
});

it.each([
  [{}, []],
  [{ r: 1, w: "one" }, ["r"]],
  [{ r: 1, w: "all" }, []],
  [{ n: 5, r: 2 }, ["r"]],
  [{ conflict: "lww", clock: "wall", actorEpochs: false, fsync: "batch" }, ["conflict", "clock", "actorEpochs", "fsync"]],
] as const)("says what %j breaks", (options, broken) => {
  expect(unsafeLeaderless({ ...leaderlessDefaults, ...options }).map(({ option }) => option)).toEqual(broken);
});

it("has a member's number, host and port in its address", () => {
  const member = { id: 12, name: "n12", host: "n12", peerPort: 2380 };
  expect(memberAt("n12", addressOf(member))).toEqual(member);
  for (const text of ["", "n1", "n1:2380", "0@n1:2380", "1@:2380", "1@n1:99999", "1@n1:x"])
    expect(memberAt("n1", text)).toBeUndefined();
});
