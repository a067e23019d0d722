// Shows that clusters of different names live side by side, and that a name belongs to one folder.
import { afterAll, expect, test } from "vitest";
import { runCli, TestCluster } from "../support/cli.js";

const spec = (name: string): string => `name: ${name}\nnodes: 1\n`;
const name = `held-${Math.random().toString(36).slice(2, 8)}`;
const mine = await TestCluster.create(spec(name), name);
const other = await TestCluster.create(spec(`${name}-b`), `${name}-b`);
const thief = await TestCluster.create(spec(name), name);
afterAll(() => Promise.all([mine.destroy(), other.destroy(), thief.destroy()]));

test("two clusters of different names do not meet", async () => {
  await Promise.all([mine.up(), other.up()]);
  await mine.json("put", "who", "mine");
  await other.json("put", "who", "other");
  expect(await mine.json("get", "who")).toMatchObject({ value: "mine" });
  expect(await other.json("get", "who")).toMatchObject({ value: "other" });
  const { clusters } = await mine.json<{ clusters: readonly { cluster: string }[] }>("ls");
  expect(clusters.map(({ cluster }) => cluster)).toEqual(expect.arrayContaining([mine.name, other.name]));
});

test("a second folder with the same name is refused, and told who holds it", async () => {
  const ran = await thief.run("up");
  expect(ran.exitCode).toBe(3);
  expect(ran.stderr).toContain(`The name "${name}" is held by the cluster of ${mine.folder}.`);
  expect((await mine.status()).nodes[0]?.health).toBe("ready");
});

test("down in a folder without a cluster touches nobody else's", async () => {
  await other.json("down", "--volumes");
  const ran = await runCli(["down", "--volumes"], other.folder);
  expect(ran.exitCode).toBe(64);
  expect((await mine.status()).nodes).toHaveLength(1);
});
