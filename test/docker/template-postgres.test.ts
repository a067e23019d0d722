// Shows the postgres-replication template with PostgreSQL itself: a standby that was cut off catches up; one takes over from an isolated primary, which follows it once it is back.
import { afterAll, beforeAll, expect, test } from "vitest";
import { eventually } from "../support/cli.js";
import { TemplateCluster } from "../support/template-cluster.js";

let postgres: TemplateCluster;
beforeAll(async () => {
  postgres = await TemplateCluster.create("postgres-replication", "POSTGRES_IMAGE", {
    name: "postgres",
    packages: ["postgresql-15"],
    user: { name: "postgres", home: "/var/lib/postgresql/data" },
    programs: "/usr/lib/postgresql/15/bin",
  });
});
afterAll(() => postgres.destroy());

const ask = (node: string, sql: string): Promise<string> => postgres.exec(node, "psql", "-AtXc", sql);
const rows = "select count(*) from visits";

test("up boots a primary and two standbys that stream from it", async () => {
  await postgres.cluster.up();
  expect(await postgres.leaders()).toEqual(["db-1"]);
  await ask("db-1", "create table visits as select generate_series(1, 100) n");
  await eventually("a standby has it", 5000, async () => (await ask("db-3", "select to_regclass('visits') is not null")) === "t");
  expect(await ask("db-3", rows)).toBe("100");
});

test("a standby that was cut off catches up", async () => {
  await postgres.chaos("isolate", "db-3", "--for", "1m");
  await ask("db-1", "insert into visits select generate_series(101, 5000)");
  await eventually("the other standby has it", 5000, async () => (await ask("db-2", rows)) === "5000");
  expect(await ask("db-3", rows)).toBe("100");
  await postgres.chaos("heal");
  await eventually("it has caught up", 30_000, async () => (await ask("db-3", rows)) === "5000");
  await postgres.settled("db-1", 20_000);
});

test("an isolated primary acknowledges nothing, is succeeded, and follows its successor once it is back", async () => {
  await postgres.chaos("isolate", "leader", "--for", "2m");
  await expect(postgres.exec("db-1", "timeout", "1", "psql", "-c", "insert into visits values (0)")).rejects.toThrow("124");
  const successor = await postgres.successorOf("db-1", 40_000);
  await ask(successor, "insert into visits values (5001)");
  expect(await postgres.saidSinceFault()).toContainEqual(`${successor} stands in for the primary, which 2 of 3 nodes miss`);

  await postgres.chaos("heal");
  await postgres.settled(successor, 60_000);
  // who was rewound starts once more
  const said = (node: string): Promise<string> => ask(node, "select count(*), max(n) from visits").catch(String);
  await eventually("all have the same", 30_000, async () => {
    const all = await Promise.all(["db-1", "db-2", "db-3"].map(said));
    return new Set(all).size === 1 && all[0]?.endsWith("|5001") === true;
  });
});

test("smoke finds nothing wrong with it, under its own scenario as well", async () => {
  expect(await postgres.smokeTroubles()).toEqual([]);
});
