// Shows what `--where` lets through, that what is left of a condition for records that lack fields decides as the whole one does, and that
// mistakes are one sentence with their place.
import { Environment } from "@marcbachmann/cel-js";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DeviousError } from "../../src/core/errors.js";
import type { LogRecord } from "../../src/core/log-record.js";
import { compileWhere } from "../../src/logs/where.js";
import { recordAt } from "./record.js";

const record = recordAt(5e9, {
  node: "n2",
  service: "kv",
  level: "warn",
  event: "slow-fsync",
  msg: "disk is slow",
  seq: 7,
  fields: {
    term: 4,
    peer: "n3",
    ms: 120.5,
    leader: null,
    ok: true,
    votes: ["n1", "n2"],
    path: { dir: "/data" },
    "http.status": 503,
    level: "a field of that name",
    huge: 1e-10,
    node: "shadowed",
  },
});

describe("compileWhere", () => {
  it.each<[string, boolean]>([
    ['term > 3 && peer == "n3"', true],
    ["term > 4", false],
    ["term == 4", true],
    ["term == 4.0", true],
    ["term + 1 == 5", true],
    ["term % 2 == 0", true],
    ["10 - term < 6.5", true],
    ["ms > 120", true],
    ["ms * 2 > 240 && 1 / term == 0.25", true],
    ["huge < 0.00000000011 && huge > 0.00000000009", true],
    ['node == "n2" && service == "kv" && stream == "stdout"', true],
    ['fields.node == "shadowed"', true],
    ["seq == 7 && seq != 8", true],
    ["1 / 2.0 == 0.5 && 2.0 == 2 && 2.5 != 2", true],
    ['msg.contains("slow") && event.startsWith("slow-")', true],
    ['msg.matches("^disk .* slow$")', true],
    ['ts > "2026-11-21T12:00:04" && ts < "2026-11-21T12:00:06"', true],
    ["ok", true],
    ["!ok", false],
    ["leader == null", true],
    ["leader > 3", false],
    ["peer > 3", false],
    ['peer > 3 || peer == "n3"', true],
    ['"n1" in votes', true],
    ["size(votes) == 2", true],
    ['votes[0] == "n1"', true],
    ['votes[5] == "n1"', false],
    ['votes.exists(vote, vote == "n2")', true],
    ['votes.all(vote, vote == "n2")', false],
    ['path.dir == "/data"', true],
    ['fields["http.status"] >= 500', true],
    ['fields["path"].dir == "/data"', true],
    ['term > 3 ? peer == "n3" : peer == "n1"', true],
    ["cel.bind(twice, term * 2, twice == 8)", true],
    ['"late" in flags', false],
    ["true", true],
  ])("%s -> %s", async (text, expected) => expect((await compileWhere(text))(record)).toBe(expected));

  it.each<[string, boolean]>([
    ['level >= "warn"', true],
    ['level > "warn"', false],
    ['level < "error"', true],
    ['"trace" < level', true],
    ['level == "warn"', true],
    ['level != "warn"', false],
    ['level in ["warn", "error"]', true],
    ['(level) >= ("info") && (term > (3))', true],
    ['level.startsWith("w")', true],
    ['fields.level == "a field of that name"', true],
  ])("levels compare by severity: %s -> %s", async (text, expected) => expect((await compileWhere(text))(record)).toBe(expected));

  it.each<[string, boolean]>([
    ["index > 3", false],
    ["index < 3", false],
    ["index != 3", false],
    ["!(index > 3)", false],
    ["index == null", false],
    ["has(fields.index)", false],
    ["!has(fields.index)", true],
    ["has(fields.term) && term > 3", true],
    ['index > 3 || peer == "n3"', true],
    ['peer == "n3" || index > 3', true],
    ["index > 3 || peer.nothing == 1", false],
    ['!(index > 3 && peer == "n1")', true],
    ['!(index > 3 || peer == "n1")', false],
    ["index > 3 ? true : true", false],
    ["has(fields.index) ? index > 3 : term > 3", true],
    ["term > 3 ? true : index > 3", true],
    ["path.file == 1", false],
    ["!has(fields.path.file)", true],
    ["constructor == 1", false],
    ['gone.exists(one, one == "n1")', false],
    ["size(gone) > 0 || ok", true],
    ["gone", false],
    ["[index, 1] == [1, 1]", false],
  ])("what names a missing field is not true: %s -> %s", async (text, expected) =>
    expect((await compileWhere(text))(record)).toBe(expected),
  );

  it("knows the flags of a record that has some", async () => {
    expect((await compileWhere('"late" in flags'))({ ...record, flags: ["late"] })).toBe(true);
  });

  it("decides as evaluating the whole condition does, whatever fields a record lacks", async () => {
    const names = ["a", "b", "c"];
    const atoms = [
      ...names.map((name) => `${name} > 1`),
      ...names.map((name) => `has(fields.${name})`),
      "a == fields.b",
      "c + 1 < 3",
    ];
    const { condition } = fc.letrec<{ condition: string }>((tie) => ({
      condition: fc.oneof(
        { depthSize: "small", withCrossShrink: true },
        fc.constantFrom(...atoms),
        fc.tuple(tie("condition"), fc.constantFrom("&&", "||"), tie("condition")).map((parts) => `(${parts.join(" ")})`),
        tie("condition").map((inner) => `!(${inner})`),
        fc.tuple(tie("condition"), tie("condition"), tie("condition")).map(([a, b, c]) => `((${a}) ? ${b} : ${c})`),
      ),
    }));
    const fields = fc.dictionary(fc.constantFrom(...names), fc.integer({ min: 0, max: 3 }));
    const twin = new Environment({ unlistedVariablesAreDyn: true })
      .registerVariable("fields", "map<string, dyn>")
      .registerOperator("double + int: double", (a: number, b: bigint) => a + Number(b));
    const whole = (text: string, { fields: given }: LogRecord): boolean => {
      try {
        return twin.evaluate(text, { ...given, fields: given }) === true;
      } catch {
        return false;
      }
    };
    await fc.assert(
      fc.asyncProperty(condition, fc.array(fields, { minLength: 1, maxLength: 8 }), async (text, many) => {
        const where = await compileWhere(text);
        const records = many.map((each) => recordAt(0, { fields: { ...each } }));
        expect(records.map(where)).toEqual(records.map((each) => whole(text, each)));
      }),
      { numRuns: 500 },
    );
  });
});

describe("a mistake in a condition", () => {
  it.each<[string, RegExp, number | undefined]>([
    ["term >", /Unexpected token/, 6],
    ['peer == "n', /Unterminated string/, 8],
    ["msg > 3", /no such overload: string > int/, 0],
    ["loud(term)", /loud/, 0],
    ['term > 3 && level >= "wran"', /a level is one of trace, debug/, 21],
    ["level > peer", /a level is one of/, 8],
    ["msg", /string, which is neither true nor false/, undefined],
    ["", /--where is no condition/, 0],
  ])("%j", async (text, message, column) => {
    const refused = (await compileWhere(text).catch((error: unknown) => error)) as DeviousError;
    expect(refused).toBeInstanceOf(DeviousError);
    expect(refused.code).toBe("USAGE");
    expect(refused.message).toMatch(message);
    expect(refused.message).not.toContain("\n");
    expect(refused.details).toEqual(column === undefined ? [text] : [text, `${" ".repeat(column)}^`]);
  });
});
