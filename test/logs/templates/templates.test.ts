// Shows a record as logfmt, by a template and in columns, and that none of them lets a node drive the reader's terminal or break a line.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { LogRecord } from "../../../src/core/log-record.js";
import { createColumns } from "../../../src/logs/templates/columns.js";
import { formatLogfmt } from "../../../src/logs/templates/logfmt.js";
import { recordValue } from "../../../src/logs/templates/record-value.js";
import { createTemplate } from "../../../src/logs/templates/template.js";
import { recordAt } from "../record.js";

const record = recordAt(0, {
  service: "kv",
  level: "warn",
  event: "leader-elected",
  msg: "became leader",
  seq: 7,
  fields: { term: 3, votes: ["n1", "n2"], path: { dir: "/data" }, "http.status": 200, node: "shadowed", none: null, empty: "" },
});

describe("a name", () => {
  it.each<[string, unknown]>([
    ["node", "n1"],
    ["seq", 7],
    ["term", 3],
    ["fields.term", 3],
    ["fields.node", "shadowed"],
    ["http.status", 200],
    ["path.dir", "/data"],
    ["fields.path.dir", "/data"],
    ["none", null],
    ["path.dir.deeper", undefined],
    ["nothing", undefined],
    ["constructor", undefined],
    ["flags", undefined],
  ])("%s -> %j", (name, expected) => expect(recordValue(name)(record)).toEqual(expected));

  it("flags are one text", () => {
    expect(recordValue("flags")({ ...record, flags: ["joined", "late"] })).toBe("joined,late");
  });
});

describe("logfmt", () => {
  it.each<[Partial<LogRecord>, string]>([
    [{ msg: "m", fields: { term: 3, ok: true, none: null } }, "msg=m seq=1 term=3 ok=true none=null"],
    [{ msg: 'says "hi" = x', fields: {} }, 'msg="says \\"hi\\" = x" seq=1'],
    [{ msg: "m", fields: { votes: ["n1"], o: { a: 1 }, empty: "" } }, 'msg=m seq=1 votes="[\\"n1\\"]" o="{\\"a\\":1}" empty=""'],
    [{ msg: "m", fields: { node: "other", "a b=": 1 } }, "msg=m seq=1 fields.node=other a_b_=1"],
    [{ msg: "m", event: "e", flags: ["joined", "late"] }, "event=e msg=m seq=1 flags=joined,late"],
  ])("%j -> %s", (rest, expected) => {
    const head = "ts=2026-11-21T12:00:00.000000000Z cluster=demo service=demo node=n1 stream=stdout level=info ";
    expect(formatLogfmt(recordAt(0, rest))).toBe(head + expected);
  });
});

describe("a template", () => {
  it.each([
    ["{{ts}} {{node}} {{level}} {{msg}} {{fields.term}}", "2026-11-21T12:00:00.000000000Z n1 warn became leader 3"],
    ["{{ node }}\\t{{votes}}|{{nothing}}|{{none}}", 'n1\t["n1","n2"]||null'],
    ["no names but { braces } {{node}}", "no names but { braces } n1"],
  ])("%s", (pattern, expected) => expect(createTemplate(pattern).line(record)).toBe(expected));

  it.each(["{{node", "{{}}", "node}} {{msg}}", "{{ {{node}}"])("%s is refused", (pattern) =>
    expect(() => createTemplate(pattern)).toThrow(expect.objectContaining({ code: "USAGE" })),
  );
});

describe("columns", () => {
  it("stand under their names, and grow with what they show", () => {
    const columns = createColumns(["node", "level", "term", "msg"], ["kv-10"]);
    const lines = [
      columns.head,
      ...[
        record,
        recordAt(0, { node: "kv-10", msg: "short", fields: { term: 12345 } }),
        recordAt(0, { msg: "", fields: { term: 1 } }),
      ].map(columns.line),
    ];
    expect(lines).toEqual([
      "NODE   LEVEL  TERM  MSG",
      "n1     warn   3     became leader",
      "kv-10  info   12345  short",
      "n1     info   1      -",
    ]);
  });

  it("stand beside wide letters", () => {
    const columns = createColumns(["msg", "seq"], []);
    expect([recordAt(0, { msg: "日本" }), recordAt(0, { msg: "text" })].map(columns.line)).toEqual(["日本  1", "text  1"]);
  });

  it.each([[[]], [["ts", ""]]])("%j are refused", (names) =>
    expect(() => createColumns(names, [])).toThrow(expect.objectContaining({ code: "USAGE" })),
  );
});

it("none of them ever writes a control character", () => {
  const anything = fc.string({ unit: fc.integer({ min: 0, max: 0x2fff }).map((code) => String.fromCodePoint(code)) });
  const template = createTemplate("{{msg}} {{field}} {{fields}}");
  const columns = createColumns(["msg", "field", "fields"], []);
  fc.assert(
    fc.property(anything, anything, anything, (msg, key, value) => {
      const said = recordAt(0, { msg, fields: { field: value, [key]: value } });
      for (const line of [formatLogfmt(said), template.line(said), columns.line(said)]) {
        expect(line).not.toMatch(/[\p{Cc}\u2028-\u202e\u2066-\u2069]/u);
      }
    }),
  );
});
