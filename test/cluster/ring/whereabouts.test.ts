// Shows where a key is by the ring that was shown: its home, its owners, who stands in for those that nobody reaches, and who comes next.
import { Chalk } from "chalk";
import { expect, test } from "vitest";
import { renderWhere } from "../../../src/cli/render-ring.js";
import type { ClusterRing } from "../../../src/cluster/ring/cluster-ring.js";
import { whereIs } from "../../../src/cluster/ring/whereabouts.js";

const plain = new Chalk({ level: 0 });
const names = ["n1", "n2", "n3", "n4", "n5"];
const owners = Array.from({ length: 64 }, (_, i) => names[i % 5] ?? "");
const ada = { type: "default", bucket: "users", key: "ada" };

function ringWith(
  unreachable: Readonly<Record<string, readonly string[]>>,
  nextOwners: readonly string[] | null = null,
): ClusterRing {
  return {
    cluster: "demo",
    toldBy: "n1",
    ring: "1@",
    nextRing: null,
    n: 3,
    owners,
    nextOwners,
    members: names.map((name, index) => ({
      name,
      status: "valid",
      partitions: 13,
      nextPartitions: 13,
      index,
      unreachableFor: unreachable[name] ?? [],
      asked: 4,
    })),
    views: [],
    silent: [],
    hints: [],
    transfers: [],
    staged: [],
    plan: null,
    planProblem: null,
  };
}

test("the owners are the first distinct ones from the key's home on", () => {
  const where = whereIs(ada, ringWith({}));
  const from = owners.slice(where.partition, where.partition + 3);
  expect(where.owners.map(({ member }) => member)).toEqual(from);
  expect(renderWhere(where, plain)).toBe(
    [`users/ada: partition ${where.partition} of 64`, `1  ${from[0]}`, `2  ${from[1]}`, `3  ${from[2]}`].join("\n"),
  );
});

test("who is reached by nobody has a stand-in, who is reached by some has none", () => {
  const [first = "", second = ""] = whereIs(ada, ringWith({})).owners.map(({ member }) => member);
  const others = names.filter((name) => name !== first);
  const where = whereIs(ada, ringWith({ [first]: others, [second]: [first] }));
  expect(where.owners.map(({ standIn }) => standIn)).toEqual([owners[where.partition + 3], null, null]);
  expect(renderWhere(where, plain)).toContain(`2  ${second}  not reached by ${first}`);
});

test("a bucket may have more owners, a bucket type makes another key of it, and UTF-8 is what is hashed", () => {
  expect(whereIs(ada, ringWith({}), 5).owners).toHaveLength(5);
  const places = ["default", "maps", "größe"].map((type) => whereIs({ ...ada, type }, ringWith({})).partition);
  expect(new Set(places).size).toBe(3);
});

test("owners to come are told where they are none yet", () => {
  const after = whereIs(
    ada,
    ringWith(
      {},
      owners.map(() => "n6"),
    ),
  );
  expect(after.nextOwners).toEqual(["n6"]);
  expect(renderWhere(after, plain)).toMatch(/\nto come: n6$/);
});
