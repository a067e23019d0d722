// Shows which cluster and which node a command means, and what is said where nobody can know.
import { expect, test } from "vitest";
import { assertOwner, findCluster, findNode } from "../../src/cluster/find.js";
import type { Wanted } from "../../src/cluster/find.js";
import { observeCluster } from "../../src/cluster/observe.js";
import type { ObservedEngine } from "../../src/cluster/observe.js";
import { DeviousError } from "../../src/core/errors.js";
import { label } from "../../src/core/labels.js";

/** An engine with these clusters, `name@owner`, each of the nodes n1 and n2. */
function engineWith(...clusters: readonly string[]): ObservedEngine {
  const all = clusters.flatMap((one) => {
    const [name = "", owner = ""] = one.split("@");
    return ["n1", "n2"].map((node) => ({
      id: `${name}-${node}`,
      name: node,
      image: "i",
      state: "running" as const,
      labels: { [label.cluster]: name, [label.owner]: owner, [label.role]: "node", [label.node]: node },
    }));
  });
  return {
    listContainers: async ([filter = ""]) => {
      const name = filter.split("=")[1];
      return all.filter(({ labels }) => name === undefined || labels[label.cluster] === name);
    },
    listNetworks: async () => [],
    listVolumes: async () => [],
  };
}

const cases: readonly (readonly [clusters: string, wanted: Partial<Wanted>, expected: string])[] = [
  ["a@/a", {}, "a"],
  ["a@/a b@/b", {}, "a"],
  ["b@/b", {}, "b"],
  ["b@/b", { careful: true }, "No cluster belongs to this folder; there is b (of /b). --cluster NAME says which."],
  ["b@/b c@/c", {}, "No cluster belongs to this folder; there is b (of /b), c (of /c). --cluster NAME says which."],
  ["b@/b", { name: "b" }, "b"],
  ["b@/b", { name: "b", careful: true }, "b"],
  ["bank@/b", { name: "bnk" }, 'There is no cluster "bnk". Did you mean "bank"?'],
  ["b@/b", { name: "zzz" }, 'There is no cluster "zzz". `devious ls` shows the clusters there are.'],
  ["a@/a a2@/a", { ownName: async () => "a2" }, "a2"],
  [
    "a@/a a2@/a",
    { ownName: async () => "a3" },
    "No cluster belongs to this folder; there is a (of /a), a2 (of /a). --cluster NAME says which.",
  ],
  ["", {}, "No cluster is up. `devious up` boots one."],
];

test.each(cases)("of %j, in folder /a, %o means: %s", async (clusters, wanted, expected) => {
  const engine = engineWith(...clusters.split(" ").filter((one) => one !== ""));
  const neverAsked = async (): Promise<undefined> => expect.unreachable("the spec is read only where the folder has several");
  const found = findCluster(engine, { name: undefined, folder: "/a", ownName: neverAsked, ...wanted });
  const said = await found.then(
    ({ name }) => name,
    (error: unknown) => (error instanceof DeviousError ? `${error.message} ${error.hint}` : String(error)),
  );
  expect(said).toBe(expected);
});

test("a node that is not there is answered with those that are", async () => {
  const found = await observeCluster(engineWith("a@/a"), "a");
  expect(findNode(found, "n2").id).toBe("a-n2");
  expect(() => findNode(found, "n22")).toThrow('The cluster a has no node "n22".');
  expect(() => findNode(found, "frob")).toThrow(expect.objectContaining({ code: "UNKNOWN_NODE", hint: "It has n1, n2." }));
});

test("a name belongs to the folder that has it", async () => {
  const found = await observeCluster(engineWith("a@/a"), "a");
  expect(() => assertOwner(found, "/a")).not.toThrow();
  expect(() => assertOwner({ ...found, owner: undefined }, "/b")).not.toThrow();
  expect(() => assertOwner(found, "/b")).toThrow(expect.objectContaining({ code: "CLUSTER_HELD" }));
});
