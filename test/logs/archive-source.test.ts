// An archive is asked as a log is: its last so many, and beside them every fault before.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { readArchived } from "../../src/logs/archive-source.js";
import { writeArchive } from "../../src/logs/archive-writer.js";
import { formatJson } from "../../src/logs/format.js";
import type { ReadLogsOptions } from "../../src/logs/tail.js";
import { recordAt } from "./record.js";

let folder = "";
let file = "";
const records = [
  recordAt(1, { node: "chaos", event: "fault-applied", msg: "f1 begins", fields: { fault: "f1", nodes: ["n1"] } }),
  recordAt(2, { node: "n1", msg: "a" }),
  recordAt(3, { node: "n1", msg: "b" }),
  recordAt(4, { node: "chaos", event: "fault-applied", msg: "f2 begins", fields: { fault: "f2", nodes: ["n1"] } }),
  recordAt(5, { node: "n2", msg: "c" }),
  recordAt(6, { node: "chaos", level: "warn", event: "look", msg: "look" }),
];

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "devious-archive-"));
  file = path.join(folder, "demo.ndjson.gz");
  const story = async function* () {
    yield await Promise.resolve(records);
  };
  await writeArchive(file, story(), formatJson, new AbortController().signal);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

it.each<[Partial<ReadLogsOptions>, readonly string[]]>([
  [{}, ["f1 begins", "a", "b", "f2 begins", "c", "look"]],
  [{ tail: 1 }, ["b", "c", "look"]],
  [{ tail: 1, faultsToo: true }, ["f1 begins?", "b", "f2 begins?", "c", "look"]],
  [{ tail: 2, faultsToo: true }, ["f1 begins?", "a", "b", "f2 begins", "c", "look"]],
  [{ tail: 0, faultsToo: true }, ["f1 begins?", "f2 begins?"]],
  [{ filter: { minLevel: "warn" } }, ["look"]],
  [{ filter: { minLevel: "warn" }, faultsToo: true }, ["f1 begins?", "f2 begins?", "look"]],
  [{ filter: { nodes: new Set(["n2"]) }, faultsToo: true, tail: 1 }, ["f1 begins?", "f2 begins?", "c"]],
])("%o -> %j", async (options, expected) => {
  const told = [];
  for await (const batch of readArchived(file, options)) {
    for (const { record, isAside } of batch) told.push(`${record.msg}${isAside === true ? "?" : ""}`);
  }
  expect(told).toEqual(expected);
});
