// The checker gives the known verdict on every recorded history, fast, with many crashed operations in them.
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { checkLinearizability, explainViolation } from "../../src/check/linearizability.js";
import { appendKv } from "../../src/check/models/append-kv.js";
import { register } from "../../src/check/models/register.js";
import { parseAppendKvLog, parseRegisterLog } from "./recorded.js";

const read = (file: string): string => readFileSync(new URL(`histories/${file}`, import.meta.url), "utf8");

const expected = read("EXPECTED.tsv")
  .trim()
  .split("\n")
  .slice(1)
  .map((line) => {
    const [file = "", verdict = "", , invocations = "", , crashed = ""] = line.split("\t");
    return {
      file,
      verdict: verdict === "linearizable" ? "ok" : "violation",
      invocations: Number(invocations),
      crashed: Number(crashed),
    };
  });

/** Far above what any of them needs (the largest takes a few thousand): a blow-up fails here rather than taking minutes. */
const budget = { stepsMax: 200_000 };

describe("jepsen etcd register", () => {
  test.each(expected.filter(({ file }) => file.startsWith("jepsen/")))("$file is $verdict", ({ file, verdict, invocations }) => {
    const history = parseRegisterLog(read(file.replace("jepsen/", "etcd/")));
    expect(history).toHaveLength(invocations);
    expect(checkLinearizability(history, register, budget).verdict).toBe(verdict);
  });
});

describe("append kv", () => {
  test.each(expected.filter(({ file }) => file.startsWith("kv/")))("$file is $verdict", ({ file, verdict, invocations }) => {
    const history = parseAppendKvLog(read(file));
    expect(history).toHaveLength(invocations);
    expect(checkLinearizability(history, appendKv, budget).verdict).toBe(verdict);
  });
});

test("a violation names the operation without a place, an order up to it, and the states it met", () => {
  const found = checkLinearizability(parseAppendKvLog(read("kv/c01-bad.txt")), appendKv);
  if (found.verdict !== "violation") throw new Error(found.verdict);
  expect(explainViolation(found, appendKv, 3)).toMatchInlineSnapshot(`
    [
      "not linearizable as append-kv, key 7",
      "  0: get 7 -> """,
      "  0: append 7 "x 0 0 y"",
      "  0: append 7 "x 0 3 y"",
      "no place for 0: get 7 -> "x 0 0 y"",
      "where the state may have been: x 0 0 yx 0 3 y",
    ]
  `);
});
