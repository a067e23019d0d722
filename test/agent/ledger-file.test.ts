// Shows that a saved ledger is found again, and that a damaged one is kept aside instead of stopping the agent, and stays lost until all is mended.
import { mkdtemp, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createLedgerFile } from "../../src/agent/ledger-file.js";
import { add, emptyLedger, lostLedger } from "../../src/chaos/ledger.js";
import { pause } from "./faults.js";

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "ledger-"));
});
afterEach(() => rm(dir, { recursive: true }));

test("saved and found again", async () => {
  const { ledger } = add(emptyLedger, pause(["n1"]), 1000, 5000);
  const file = createLedgerFile(join(dir, "made", "by", "load"));
  expect(await file.load()).toEqual({ ledger: emptyLedger, problem: undefined });
  await file.save(emptyLedger);
  await file.save(ledger);
  expect(await createLedgerFile(join(dir, "made", "by", "load")).load()).toEqual({ ledger, problem: undefined });
});

test.each(["", "{", '{"nextNumber": 1}'])("damaged: %j", async (text) => {
  await writeFile(join(dir, "ledger.json"), text);
  const { ledger, problem } = await createLedgerFile(dir).load();
  expect(ledger).toEqual(lostLedger);
  expect(problem).toContain("cannot be read");
  // whoever comes before the next save finds it damaged as well
  expect((await createLedgerFile(dir).load()).ledger).toEqual(lostLedger);
  await createLedgerFile(dir).save(ledger);
  expect(await createLedgerFile(dir).load()).toEqual({ ledger: lostLedger, problem: undefined });
  expect(await readdir(dir)).toEqual(["ledger.json", "ledger.json.unreadable"]);
  expect(await readFile(join(dir, "ledger.json.unreadable"), "utf8")).toBe(text);
});

test("one of an older agent, which knew fewer fields, is not damaged", async () => {
  const { ledger } = add(emptyLedger, pause(["n1"]), 1000, 5000);
  const { nextNumber, faults } = ledger;
  await writeFile(join(dir, "ledger.json"), JSON.stringify({ nextNumber, faults }));
  const expected = { ledger: { ...ledger, cutTools: lostLedger.cutTools }, problem: undefined };
  expect(await createLedgerFile(dir).load()).toEqual(expected);
});

test("a draft left by a crash is not the ledger", async () => {
  const file = createLedgerFile(dir);
  await file.save(emptyLedger);
  await writeFile(join(dir, "ledger.json.new"), "half a le");
  expect((await file.load()).problem).toBeUndefined();
});
