// Shows the order of starts as values: who waits for whom, which services come to an end, and what is behind what.
import { describe, expect, test } from "vitest";
import { Gates } from "../../src/cluster/gates.js";
import { behind, describeDependencies, inOrder, jobsIn, prerequisitesOf } from "../../src/cluster/start-order.js";
import type { Condition, Dependency } from "../../src/spec/own-image.js";

/** `web: api, migrate completed` */
function service(text: string): { name: string; nodes: readonly string[]; dependsOn: readonly Dependency[] } {
  const [name = "", rest = ""] = text.split(":");
  const dependsOn = rest.split(",").flatMap((one) => {
    const [needed = "", condition = "ready"] = one.trim().split(" ");
    return needed === "" ? [] : { service: needed, condition: condition as Condition };
  });
  return { name, nodes: [`${name}-1`, `${name}-2`], dependsOn };
}

const shop = ["web: api, migrate completed", "api: kv", "migrate: kv started", "kv", "mail"].map(service);
const named = (name: string) => shop.find((one) => one.name === name) ?? service(name);

test("a node waits for all nodes of the services it depends on, each to be so", () => {
  expect(prerequisitesOf(named("web"), shop)).toEqual([
    { node: "api-1", condition: "ready" },
    { node: "api-2", condition: "ready" },
    { node: "migrate-1", condition: "completed" },
    { node: "migrate-2", condition: "completed" },
  ]);
  expect(prerequisitesOf(named("mail"), shop)).toEqual([]);
});

test("whose end somebody waits for is there to come to one", () => {
  expect([...jobsIn(shop)]).toEqual(["migrate"]);
});

test("services come after all that they depend on, and else as they are", () => {
  expect(inOrder(shop).map(({ name }) => name)).toEqual(["kv", "api", "migrate", "web", "mail"]);
});

test("what is behind a service is so at second hand as well", () => {
  expect([...behind(new Set(["kv"]), shop)].sort()).toEqual(["api", "migrate", "web"]);
  expect([...behind(new Set(["api"]), shop)]).toEqual(["web"]);
  expect([...behind(new Set(["mail"]), shop)]).toEqual([]);
});

test("the order in words", () => {
  expect(shop.map(({ dependsOn }) => describeDependencies(dependsOn))).toEqual([
    "api is ready and migrate has completed",
    "kv is ready",
    "kv has started",
    "",
    "",
  ]);
});

describe("gates", () => {
  /** Starts all nodes of the shop; `ready`: node -> what it takes to be as it is to be. */
  async function run(ready: Readonly<Record<string, () => Promise<void>>>, asTheyAre: readonly string[] = []) {
    const story: string[] = [];
    const gates = new Gates(async (node) => {
      await ready[node]?.();
      story.push(`${node} settled`);
    }, new Set(asTheyAre));
    const starts = shop.flatMap((one) =>
      one.nodes.map((node) => gates.start(node, prerequisitesOf(one, shop), async () => void story.push(node))),
    );
    const results = await Promise.allSettled(starts);
    return { story, failed: results.flatMap((one) => (one.status === "rejected" ? [(one.reason as Error).message] : [])) };
  }

  test("who depends on nobody starts at once, the others when theirs are so, however the spec lists them", async () => {
    const { story } = await run({});
    const at = (what: string): number => story.indexOf(what);
    expect(story.slice(0, 4)).toEqual(["kv-1", "kv-2", "mail-1", "mail-2"]);
    expect(at("migrate-1")).toBeGreaterThan(at("kv-2"));
    for (const kv of ["kv-1 settled", "kv-2 settled"]) expect(at("api-1")).toBeGreaterThan(at(kv));
    expect(at("web-1")).toBeGreaterThan(Math.max(at("api-2 settled"), at("migrate-2 settled")));
    expect(story.filter((one) => one === "kv-1 settled")).toHaveLength(1);
  });

  test("branches do not wait for each other", async () => {
    let release = (): void => undefined;
    const migrated = new Promise<void>((resolve) => (release = resolve));
    const { story } = await run({
      "migrate-1": () => migrated,
      "api-2": async () => void setTimeout(release, 20),
    });
    expect(story.indexOf("api-2 settled")).toBeLessThan(story.indexOf("migrate-1 settled"));
    expect(story.at(-1)).toBe("web-2");
  });

  test("what one fails with, all behind it fail with, and nobody else", async () => {
    const kvDied = async (): Promise<void> => {
      throw new Error("kv-2 exited");
    };
    const { story, failed } = await run({ "kv-2": kvDied });
    expect(new Set(failed)).toEqual(new Set(["kv-2 exited"]));
    expect(story.filter((one) => !one.includes(" ")).sort()).toEqual(
      ["kv-1", "kv-2", "mail-1", "mail-2", "migrate-1", "migrate-2"].sort(),
    );
  });

  test("nobody waits for who is meant to be down", async () => {
    const never = (): Promise<void> => new Promise(() => undefined);
    const { story } = await run({ "kv-1": never, "kv-2": never }, ["kv-1", "kv-2"]);
    expect(story).toContain("api-1");
  });
});
