// Shows the pretty and the JSON line of every kind of record, and that no node can drive the reader's terminal through either.
import { Chalk } from "chalk";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { LogRecord } from "../../src/core/log-record.js";
import { createPretty, escapeControls, formatJson } from "../../src/logs/format.js";
import { recordAt } from "./record.js";

const zone = process.env["TZ"];
beforeAll(() => {
  process.env["TZ"] = "UTC";
});
afterAll(() => {
  if (zone === undefined) delete process.env["TZ"];
  else process.env["TZ"] = zone;
});

// the BMP up to the general punctuation and symbols, controls included
const anyChar = fc.integer({ min: 0, max: 0x2fff }).map((code) => String.fromCodePoint(code));

const story: readonly LogRecord[] = [
  recordAt(643_171_743, { msg: "became leader", event: "leader-elected", fields: { term: 3, votes: ["n1", "n2"] }, seq: 1 }),
  recordAt(700_000_000, { node: "n2", level: "debug", msg: "heartbeat", fields: { from: "n1" } }),
  recordAt(1_000_000_000, {
    node: "chaos",
    level: "warn",
    event: "fault-applied",
    msg: "partition n1 | n2,n3",
    fields: { fault: "f1", for: "30s" },
  }),
  recordAt(1_500_000_000, {
    node: "n3",
    level: "error",
    stream: "stderr",
    msg: "lost the leader",
    fields: { note: "two words", empty: "", nothing: null },
  }),
  recordAt(2_000_000_000, {
    node: "api-1",
    level: "fatal",
    msg: "\u001b[31mred\u001b[0m\tand \u202eback",
    fields: { "k\u0007": "a\u009bb" },
  }),
  recordAt(2_500_000_000, { node: "kv-10", level: "trace", msg: "", event: "tick" }),
  recordAt(3_000_000_000, { node: "n1", msg: "a late one", flags: ["joined", "late"], seq: 2 }),
];

describe("pretty", () => {
  it("plain", async () => {
    const format = createPretty({ chalk: new Chalk({ level: 0 }) });
    await expect(story.map((record) => `${format(record)}\n`).join("")).toMatchFileSnapshot("../golden/logs/pretty.txt");
  });

  it("in colour", async () => {
    const format = createPretty({ chalk: new Chalk({ level: 1 }), nodes: ["n1", "n2", "n3", "api-1", "kv-10"] });
    const shown = story.map((record) => `${format(record).replaceAll("\u001b", "␛")}\n`).join("");
    await expect(shown).toMatchFileSnapshot("../golden/logs/pretty-colour.txt");
  });

  it("lets escape sequences through only when told to", () => {
    const loud = recordAt(0, { msg: "\u001b[2J" });
    const chalk = new Chalk({ level: 0 });
    expect(createPretty({ chalk, raw: true })(loud)).toContain("\u001b[2J");
    expect(createPretty({ chalk })(loud)).toContain("\\x1b[2J");
  });

  it("gives few nodes different colours, whatever their names and whoever speaks first", () => {
    const chalk = new Chalk({ level: 1 });
    fc.assert(
      fc.property(fc.uniqueArray(fc.stringMatching(/^[a-z]{1,3}-?[0-9]$/), { maxLength: 10 }), (nodes) => {
        const format = createPretty({ chalk });
        const colours = nodes.map((node) =>
          format(recordAt(0, { node, msg: "m" }))
            .split(" ")[1]
            ?.slice(0, 5),
        );
        expect(new Set(colours).size).toBe(nodes.length);
      }),
    );
  });

  it("keeps the colours of one service's nodes, whoever speaks first", () => {
    const chalk = new Chalk({ level: 1 });
    const colours = (nodes: readonly string[]): Map<string, string> => {
      const format = createPretty({ chalk });
      return new Map(
        nodes.map(
          (node) =>
            [
              node,
              format(recordAt(0, { node, msg: "m" }))
                .split(" ")[1]
                ?.slice(0, 5) ?? "",
            ] as const,
        ),
      );
    };
    const there = colours(["n1", "n2", "n3", "n4", "n5"]);
    for (const [node, colour] of colours(["n5", "n3", "n1", "n4", "n2"])) expect(there.get(node)).toBe(colour);
  });
});

describe("json", () => {
  it("is the record, one line", async () => {
    const lines = story.map(formatJson);
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual(story);
    await expect(`${lines.join("\n")}\n`).toMatchFileSnapshot("../golden/logs/records.jsonl");
  });
});

it("neither format ever emits a control character", () => {
  const anything = fc.string({ unit: anyChar });
  const pretty = createPretty({ chalk: new Chalk({ level: 0 }) });
  fc.assert(
    fc.property(anything, anything, anything, (msg, key, value) => {
      const record = recordAt(0, { msg, fields: { [key]: value } });
      const control = /[\p{Cc}\u2028-\u202e\u2066-\u2069]/u;
      expect(pretty(record)).not.toMatch(control);
      expect(formatJson(record)).not.toMatch(control);
    }),
  );
  expect(escapeControls("a\r\nb\u0085")).toBe("a\\r\\nb\\x85");
});
