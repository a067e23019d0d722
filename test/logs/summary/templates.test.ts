// Shows into which templates recorded lines fall, that every message matches its template and is counted once, and that memory is bounded.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { levels } from "../../../src/core/log-record.js";
import { mask, withoutColours } from "../../../src/logs/summary/mask.js";
import { TemplateMiner, type Template } from "../../../src/logs/summary/templates.js";
import { stampAt } from "../docker-log.js";

function mined(messages: readonly string[], most = 2000): ReturnType<TemplateMiner["result"]> {
  const miner = new TemplateMiner(most);
  messages.forEach((msg, at) => miner.add("info", "", msg, "n1", stampAt(at)));
  return miner.result();
}

describe("masked before messages are compared", () => {
  it.each([
    ["a number", "applied entry 4711", "applied entry <*>"],
    ["a duration", "took 12.5ms, or -3us", "took <*>, or <*>"],
    ["an address", "connect 10.0.0.1:2379 refused", "connect <*> refused"],
    ["IPv6", "from [fe80::1]:80", "from [<*>]:<*>"],
    ["a time stamp", "at 2026-11-21T12:00:01.5Z it ended", "at <*> it ended"],
    ["a UUID", "job 3f2504e0-4f89-11d3-9a0c-0305e82c3301 done", "job <*> done"],
    ["hexadecimal", "commit deadbeef, 0xff", "commit <*>, <*>"],
    ["but no word that could be one", "a facade", "a facade"],
    ["the value of a key only", "term=3 name=bob", "term=<*> name=bob"],
    ["parts of a path", "GET /kv/12/x", "GET /kv/<*>/x"],
    ["a URL's host", "http://10.0.0.1:2379/v3/kv", "http://<*>/kv"],
    ["a list as one", "nodes [1,2,3]", "nodes [<*>]"],
    ["JSON", '{"a":1,"b":"x7"}', '{"a":<*>,"b":"<*>"}'],
    ["colours away", "\u001b[31mred\u001b[0m", "red"],
    ["all but the first line", "Error: no\n    at f (a.js:1:2)", "Error: no <*>"],
    ["what goes on for too long", "x".repeat(600), `${"x".repeat(512)}<*>`],
    ["no space at the end", "so it is \n ", "so it is "],
    ["nothing", "", ""],
  ])("%s", (_name, message, expected) => {
    expect(mask(message)).toBe(expected);
  });
});

describe("recorded lines", () => {
  it.each([
    [
      "sshd",
      [
        "Failed password for root from 10.1.2.3 port 22 ssh2",
        "Failed password for alice from 10.1.2.4 port 4022 ssh2",
        "Connection closed by 10.1.2.3 [preauth]",
        "Failed password for bob from 10.1.2.5 port 99 ssh2",
      ],
      ["3 Failed password for <*> from <*> port <*> <*>", "1 Connection closed by <*> [preauth]"],
    ],
    [
      "HDFS",
      [
        "Received block blk_-1608 of size 91178 from /10.250.10.6",
        "PacketResponder 1 for block blk_38 terminating",
        "Received block blk_4 of size 9 from /10.250.19.102",
        "PacketResponder 0 for block blk_-69 terminating",
      ],
      ["2 Received block <*> of size <*> from /<*>", "2 PacketResponder <*> for block <*> terminating"],
    ],
    [
      "short ones that differ in half of their words stay apart",
      ["peer connected", "peer lost", "peer connected"],
      ["2 peer connected", "1 peer lost"],
    ],
    ["another number of words", ["disk is full", "disk is full now"], ["1 disk is full", "1 disk is full now"]],
    ["numbers alone", ["17", "4", "99"], ["3 <*>"]],
    ["space does not matter", ["a  b", "a b ", "\ta b"], ["3 a b"]],
  ])("%s", (_name, messages, expected) => {
    expect(mined(messages).kept.map(({ count, template }) => `${count} ${template}`)).toEqual(expected);
  });

  it("level and event keep templates apart", () => {
    const miner = new TemplateMiner(10);
    miner.add("info", "", "it is 1", "n1", stampAt(1));
    miner.add("error", "", "it is 2", "n2", stampAt(2));
    miner.add("info", "e", "it is 3", "n1", stampAt(3));
    miner.add("info", "", "it is 4", "n3", stampAt(4));
    expect(miner.result().kept).toEqual([
      { template: "it is <*>", event: "", level: "info", count: 2, nodes: ["n1", "n3"], firstTs: stampAt(1), lastTs: stampAt(4), example: "it is 1" }, // prettier-ignore
      { template: "it is <*>", event: "", level: "error", count: 1, nodes: ["n2"], firstTs: stampAt(2), lastTs: stampAt(2), example: "it is 2" }, // prettier-ignore
      { template: "it is <*>", event: "e", level: "info", count: 1, nodes: ["n1"], firstTs: stampAt(3), lastTs: stampAt(3), example: "it is 3" }, // prettier-ignore
    ]);
  });

  it("first words that vary without end share a template in the end", () => {
    const names = Array.from({ length: 400 }, (_, at) => `${letters(at)} logged in from the office`);
    const { kept } = mined(names);
    expect(kept[0]).toMatchObject({ template: "<*> logged in from the office", count: 300 });
    expect(kept.length).toBe(101);
  });
});

const word = fc.constantFrom(
  "a",
  "b",
  "GET",
  "term=3",
  "10.0.0.1:80",
  "x,y",
  "<*>",
  "{",
  "\n",
  "日",
  "deadbeef",
  "\u001b[31mred",
);
const message = fc.oneof(
  fc.array(word, { maxLength: 8 }).map((words) => words.join(" ")),
  fc.string({ maxLength: 40 }),
  fc.array(word, { minLength: 60, maxLength: 150 }).map((words) => words.join(" ")),
);
const said = fc.record({ level: fc.constantFrom(...levels.slice(2, 4)), event: fc.constantFrom("", "e", "e e"), msg: message });

describe("any messages", () => {
  it("each matches a template of its level and event, and the counts sum to their number", () => {
    fc.assert(
      fc.property(fc.array(said, { maxLength: 60 }), (all) => {
        const miner = new TemplateMiner(2000);
        all.forEach(({ level, event, msg }, at) => miner.add(level, event, msg, "n1", stampAt(at)));
        const { kept, dropped } = miner.result();
        expect(dropped).toEqual({ templates: 0, records: 0 });
        expect(kept.reduce((sum, { count }) => sum + count, 0)).toBe(all.length);
        for (const { level, event, msg } of all) {
          const own = kept.filter((one) => one.level === level && one.event === event);
          expect(own.some((one) => matches(one, msg))).toBe(true);
        }
      }),
    );
  });

  it("are counted once even where templates are dropped", () => {
    fc.assert(
      fc.property(fc.array(said, { maxLength: 60 }), fc.integer({ min: 1, max: 5 }), (all, most) => {
        const miner = new TemplateMiner(most);
        all.forEach(({ level, event, msg }, at) => miner.add(level, event, msg, "n1", stampAt(at)));
        const { kept, dropped } = miner.result();
        expect(kept.length).toBeLessThanOrEqual(most);
        expect(kept.reduce((sum, { count }) => sum + count, 0) + dropped.records).toBe(all.length);
      }),
    );
  });

  it("keep at most the bound, of 20,000 that are all different", () => {
    const { kept, dropped } = mined(
      Array.from({ length: 20_000 }, (_, at) =>
        Array.from({ length: at % 40 }, (_none, turn) => letters(at * 41 + turn)).join(" "),
      ),
    );
    expect(kept.length).toBeLessThanOrEqual(2000);
    expect(dropped.templates).toBeGreaterThan(0);
    expect(kept.reduce((sum, { count }) => sum + count, 0) + dropped.records).toBe(20_000);
  });

  it("the least recently used template is the first to go", () => {
    const { kept, dropped } = mined(["one", "two two", "one", "three three three"], 2);
    expect(kept.map(({ template }) => template)).toEqual(["one", "three three three"]);
    expect(dropped).toEqual({ templates: 1, records: 1 });
  });
});

/** A word without digits, another one for each number. */
function letters(value: number): string {
  return `w${String(value).replace(/\d/g, (digit) => "ghijklmnop".charAt(Number(digit)))}`;
}

/** By the words of the documentation: each `<*>` stands for any text, and space is one space. */
function matches({ template }: Template, msg: string): boolean {
  const text = withoutColours(msg).trim().replace(/\s+/g, " ");
  const [first = "", ...others] = template.split("<*>");
  const last = others.pop();
  if (last === undefined) return text === first;
  // the leftmost place for each part leaves the most room for the rest
  let at = text.startsWith(first) ? first.length : -1;
  for (const part of others) {
    const found = at < 0 ? -1 : text.indexOf(part, at);
    at = found < 0 ? -1 : found + part.length;
  }
  return at >= 0 && text.length - at >= last.length && text.endsWith(last);
}
