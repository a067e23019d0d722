// Shows what `devious ring check` makes of what nodes tell of their copies: equal, different and where, or not to be known; and how it says so.
import { Chalk } from "chalk";
import { expect, test } from "vitest";
import { renderReplicas } from "../../../src/cli/render-replicas.js";
import { compareReplicas, type AskedCopies } from "../../../src/cluster/ring/replicas.js";
import type { PlaceCopies } from "../../../src/core/ring-contract.js";

const plain = new Chalk({ level: 0 });
const owners = ["n1", "n2", "n3"];

function place(partition: number, keys: number, root: string, of: readonly string[] = owners): PlaceCopies {
  return { partition, n: 3, owners: of, keys, root };
}

function tells(node: string, places: readonly PlaceCopies[], hints: Readonly<Record<string, number>> = {}): AskedCopies {
  const waiting = Object.entries(hints).map(([owner, keys]) => ({ owner, keys }));
  return { node, state: "running", copies: { node, places, hints: waiting } };
}

const same = [place(0, 20, "a"), place(1, 1500, "b")];

function check(asked: readonly AskedCopies[], verdict: string, said: string): void {
  const replicas = compareReplicas("demo", asked);
  expect(replicas.verdict).toBe(verdict);
  expect(renderReplicas(replicas, plain)).toBe(said);
}

test("equal roots everywhere are equal replicas", () => {
  const asked = owners.map((node) => tells(node, same));
  check(asked, "equal", "All owners hold the same: 1,520 keys in 2 places.");
});

test("where one root is another, that place is shown with who holds what", () => {
  const asked = [tells("n1", same), tells("n2", [place(0, 20, "a"), place(1, 1499, "c")]), tells("n3", same)];
  check(
    asked,
    "different",
    [
      "In 1 of 2 places owners do not hold the same.",
      "PARTITION  N  OWNERS AND THEIR KEYS",
      "1          3  n1, n3: 1,500 keys | n2: 1,499 keys",
    ].join("\n"),
  );
});

test("an owner that tells nothing of a place that others know it to own holds nothing", () => {
  const replicas = compareReplicas("demo", [tells("n1", same), tells("n2", same), tells("n3", [place(0, 20, "a")])]);
  expect(replicas.different.map(({ partition, copies }) => [partition, copies.map(({ keys }) => keys)])).toEqual([
    [1, [1500, 1500, 0]],
  ]);
});

test("copies that wait for their owners are none yet that these hold", () => {
  const asked = [...owners.map((node) => tells(node, same)), tells("n4", [place(1, 7, "d")], { n2: 3 })];
  check(
    asked,
    "different",
    [
      "All owners hold the same, 1,520 keys in 2 places, but copies wait for theirs.",
      "n4 keeps 3 hints for n2.",
      "n4 keeps 7 keys that others own by now.",
    ].join("\n"),
  );
});

test("with an owner that does not answer nobody knows, but a difference between the others is one", () => {
  const silent: AskedCopies = { node: "n3", state: "paused", copies: null };
  check(
    [tells("n1", same), tells("n2", same), silent],
    "unknown",
    "All owners that answer hold the same: 1,520 keys in 2 places.\nn3 is paused, so what it holds is not known.",
  );
  expect(compareReplicas("demo", [tells("n1", same), tells("n2", []), silent]).verdict).toBe("different");
  expect(compareReplicas("demo", [silent]).verdict).toBe("unknown");
  const bystander: AskedCopies = { node: "n9", state: "exited", copies: null };
  expect(compareReplicas("demo", [...owners.map((node) => tells(node, same)), bystander]).verdict).toBe("equal");
});
