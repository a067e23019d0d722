// Shows what of a log is asked for and shown: the time of a fault, around a moment, up to an end, and that a story past its end is not read on.
import { Chalk } from "chalk";
import { describe, expect, it } from "vitest";
import { type LogQuestionInput, parseLogQuestion } from "../../src/cli/log-question.js";
import { type LogSource, logLines } from "../../src/cli/log-view.js";
import type { LogRecord } from "../../src/core/log-record.js";
import { accepts } from "../../src/logs/filter.js";
import type { Shown } from "../../src/logs/shown.js";
import { stampOfMs } from "../../src/logs/stamp.js";
import type { ReadLogsOptions } from "../../src/logs/tail.js";
import { recordAt } from "../logs/record.js";

const nowMs = Date.now();
const at = (agoMs: number, rest: Partial<LogRecord> = {}): LogRecord => recordAt(0, { ...rest, ts: stampOfMs(nowMs - agoMs) });
const chaos = (agoMs: number, event: string, fields: LogRecord["fields"]): LogRecord =>
  at(agoMs, { node: "chaos", service: "", event, fields });

/** Node n1 speaks every second, its message the seconds ago. */
const spoken = Array.from({ length: 60 }, (_, i) => at((60 - i) * 1000, { service: "kv", msg: String(60 - i) }));
const agent = [
  chaos(50_500, "fault-applied", { fault: "f1" }),
  chaos(45_500, "fault-healed", { fault: "f1" }),
  chaos(40_500, "fault-applied", { fault: "f2" }),
  chaos(30_500, "fault-failed", { fault: "f3" }),
  chaos(30_200, "fault-healed", { fault: "f3", reason: "rollback" }),
  chaos(8500, "fault-applied", { fault: "f4" }),
  chaos(3500, "agent-started", { faults: ["f4"] }),
];
const story = [...spoken, ...agent].sort((a, b) => (a.ts < b.ts ? -1 : 1));

interface Asked {
  readonly lines: readonly string[];
  readonly read: readonly ReadLogsOptions[];
  /** Records that the last reading gave out. */
  readonly given: number;
}

async function ask(input: Partial<LogQuestionInput>): Promise<Asked> {
  const read: ReadLogsOptions[] = [];
  let given = 0;
  const source: LogSource = {
    name: "demo",
    facts: (withLeaders) =>
      Promise.resolve({
        nodes: [
          { node: "n1", service: "kv", zone: "eu", protected: false, bundled: true },
          { node: "n2", service: "api", zone: null, protected: false, bundled: true },
        ],
        leaders: withLeaders ? { kv: "n1" } : {},
      }),
    async *read(options) {
      read.push(options);
      given = 0;
      for (const record of story.filter((each) => accepts(options.filter ?? {}, each))) {
        given += 1;
        yield await Promise.resolve([{ ts: record.ts, flags: record.flags, record }]);
      }
    },
  };
  const question = await parseLogQuestion({ nodes: [], format: "{{msg}}{{event}}", ...input }, nowMs);
  const lines = [];
  const { signal } = new AbortController();
  for await (const text of logLines(question, source, { chalk: new Chalk({ level: 0 }) }, { signal }))
    lines.push(...text.split("\n"));
  return { lines, read, given };
}

/** The first and the last second that n1 speaks of. */
function ends({ lines }: Asked): readonly (string | undefined)[] {
  const seconds = lines.filter((line) => /^\d+$/.test(line));
  return [seconds[0], seconds.at(-1)];
}

describe("a time", () => {
  it.each<[Partial<LogQuestionInput>, readonly [string, string]]>([
    [{}, ["60", "1"]],
    [{ since: "20s" }, ["20", "1"]],
    [{ until: "20s" }, ["60", "20"]],
    [{ since: "30s", until: "20s" }, ["30", "20"]],
    [{ around: "30s" }, ["40", "20"]],
    [{ around: "30s", span: 2000 }, ["32", "28"]],
    [{ fault: "f1" }, ["55", "41"]],
    // never healed, but an agent that started later knows nothing of it
    [{ fault: "f2" }, ["45", "1"]],
    [{ fault: "f3" }, ["35", "26"]],
    // active
    [{ fault: "f4" }, ["13", "1"]],
  ])("%j", async (input, expected) => expect(ends(await ask(input))).toEqual(expected));

  it("of a fault that the agent forgot ends where the agent started", async () => {
    const { read } = await ask({ fault: "f2" });
    expect(read.at(-1)?.filter?.until).toBe(stampOfMs(nowMs + 1500));
  });

  it("that is over ends the reading with the first record behind it", async () => {
    const { given, lines } = await ask({ until: "20s" });
    expect(given).toBe(lines.length + 1);
  });

  it("is left to the readers where each gives its last records only", async () => {
    const { read } = await ask({ until: "20s", tail: 3 });
    expect(read[0]).toMatchObject({ tail: 3 });
    expect(read[0]?.filter?.passEnd).toBeUndefined();
  });

  it("in the past is not followed", async () => {
    expect((await ask({ until: "20s", follow: true })).read[0]).toMatchObject({ follow: false });
  });
});

describe("somebody", () => {
  it.each<[readonly string[], readonly string[]]>([
    [["n1"], ["n1"]],
    [
      ["n1", "chaos"],
      ["chaos", "n1"],
    ],
    [["kv,chaos"], ["chaos", "n1"]],
    [["eu"], ["n1"]],
    [["leader(kv)"], ["n1"]],
    [["not(n1)"], ["n2"]],
    [["chaos"], ["chaos"]],
    [["shipper"], ["shipper"]],
    [["shipper,chaos,n2"], ["chaos", "n2", "shipper"]],
  ])("%j -> %j", async (nodes, expected) => {
    const { read } = await ask({ nodes });
    expect([...(read[0]?.filter?.nodes ?? [])].sort()).toEqual(expected);
  });

  it("may be everybody", async () => expect((await ask({})).read[0]?.filter?.nodes).toBeUndefined());
});

describe("a level", () => {
  it.each<[Partial<LogQuestionInput>, string | undefined]>([
    [{}, "info"],
    [{ format: "pretty" }, "info"],
    [{ level: "debug" }, "debug"],
    [{ format: "logfmt" }, undefined],
    [{ format: "json" }, undefined],
    [{ event: ["role-*"] }, undefined],
    [{ where: 'level == "debug"' }, undefined],
  ])("%j -> %s", async (input, expected) => expect((await ask(input)).read[0]?.filter?.minLevel).toBe(expected));
});

it("what never matches is told, also where the log ends by itself", async () => {
  await expect(ask({ "until-match": "never" })).rejects.toMatchObject({ code: "NO_MATCH", exitCode: 1 });
  expect((await ask({ "until-match": "^58$" })).lines).toEqual(["60", "59", "58"]);
});

it("the hold-back goes to the readers", async () => {
  expect((await ask({ window: 50 })).read[0]).toMatchObject({ holdBackMs: 50 });
});

it("a fault that nobody asked to be told of is drawn, and is no match", async () => {
  const shown = (record: LogRecord, isAside = false): Shown => ({ ts: record.ts, record, isAside });
  const begins = chaos(3000, "fault-applied", { fault: "f1", nodes: ["n1"] });
  const source: LogSource = {
    name: "demo",
    facts: () => Promise.resolve({ nodes: [], leaders: {} }),
    async *read({ faultsToo }) {
      expect(faultsToo).toBe(true);
      yield await Promise.resolve([
        shown(begins, true),
        shown(at(2000, { msg: "fault-applied" })),
        shown(at(1000, { msg: "no" })),
      ]);
    },
  };
  const options = { nodes: [], tail: 1, time: "none", "until-match": "fault-applied" };
  for (const order of ["time", "causal"]) {
    const question = await parseLogQuestion({ ...options, order }, nowMs);
    const lines = [];
    const { signal } = new AbortController();
    for await (const text of logLines(question, source, { chalk: new Chalk({ level: 0 }) }, { signal })) lines.push(text);
    expect(lines).toEqual(["n1    ┃ info  fault-applied"]);
  }
});
