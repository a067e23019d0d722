// Shows on real containers that lines longer than the engine's chunks, characters cut by them, terminals and the two streams are read as their programs wrote them.
import { afterEach, beforeEach, expect, test } from "vitest";
import { LogReader } from "../support/log-reader.js";
import { Talkers } from "../support/talkers.js";

let talkers: Talkers;
let reader: LogReader | undefined;
beforeEach(async ({ task }) => {
  talkers = await Talkers.create(`line${task.id.replaceAll(/\D/g, "").slice(-6)}`);
});
afterEach(async () => {
  reader?.kill();
  await talkers.destroy();
});

/** Says these texts to stdout, each in one go, and ends. */
const saying = (...texts: readonly string[]): string => `
  const { writeSync } = require("node:fs");
  for (const text of [${texts.join(", ")}]) {
    const bytes = Buffer.from(text);
    for (let at = 0; at < bytes.length; ) at += writeSync(1, bytes, at);
  }
`;

/** The same lines, once while they are said and once from the past. */
async function readTwice(node: string, count: number): Promise<LogReader> {
  const followed = (reader = new LogReader(talkers.cluster, ["-f"]));
  let seen = 0;
  await followed.until(`${count} lines of ${node}`, 30_000, (record) => {
    if (record.node === node && record.stream !== "engine") seen += 1;
    return seen === count;
  });
  const past = new LogReader(talkers.cluster);
  await past.end();
  expect(past.of(node)).toEqual(followed.of(node));
  return past;
}

test("must hold 4: a JSON line of 40 KiB is one record with its fields", async () => {
  const line = `JSON.stringify({ level: "warn", event: "big", msg: "big", term: 7, payload: "x".repeat(40 * 1024) }) + "\\n"`;
  await talkers.start("n1", saying(line, `"next\\n"`));
  const [big, next] = (await readTwice("n1", 2)).of("n1");
  expect(big).toMatchObject({ level: "warn", event: "big", msg: "big", flags: ["joined"], seq: 1 });
  expect(big?.fields).toEqual({ term: 7, payload: "x".repeat(40 * 1024) });
  expect(next).toMatchObject({ msg: "next", seq: 2 });
});

test("must hold 4: a line of 5 MiB is one record, cut and marked, and the line after it is whole", async () => {
  await talkers.start("n1", saying(`"before\\n"`, `"x".repeat(5 * 1024 * 1024) + "\\n"`, `"after\\n"`));
  const [before, long, after] = (await readTwice("n1", 3)).of("n1");
  expect([before?.msg, after?.msg]).toEqual(["before", "after"]);
  expect(after?.flags).toBeUndefined();
  expect(long?.flags).toEqual(["joined", "truncated"]);
  expect(long?.msg).toBe("x".repeat(1024 * 1024));
});

/** Nine bytes, of which 16 KiB are no multiple: with 0, 1 and 2 bytes before them, chunks end within each of the three characters. */
const nine = "é€😀";
const cut = ["", "a", "ab"].map((start) => start + nine.repeat(4551));
const cutting = saying(...cut.map((_, i) => `"ab".slice(0, ${i}) + "${nine}".repeat(4551) + "\\n"`));

test("must hold 4: characters that the engine's chunks cut are whole, where the engine keeps their bytes", async () => {
  await talkers.startWith(["--log-driver", "local"], "n1", cutting);
  const said = (await readTwice("n1", 3)).of("n1");
  expect(said.map(({ msg }) => msg)).toEqual(cut);
});

test("must hold 4: of characters that the engine cuts and writes as U+FFFD, nothing else is harmed", async () => {
  await talkers.start("n1", cutting);
  const said = (await readTwice("n1", 3)).of("n1");
  // each byte of such a character is one U+FFFD
  for (const [i, { msg }] of said.entries()) {
    const parts = msg.split(/\uFFFD+/);
    let at = 0;
    for (const part of parts) {
      at = (cut[i] ?? "").indexOf(part, at);
      expect(at).not.toBe(-1);
      at += part.length;
    }
    expect(parts.length).toBeLessThanOrEqual(3);
    expect(msg.replaceAll("\uFFFD", "").length).toBeGreaterThanOrEqual((cut[i] ?? "").length - 4);
  }
});

test("must hold 4: a container with a terminal is read line by line, long lines and colours included", async () => {
  const program = saying(`"one\\n"`, `"x".repeat(40 * 1024) + "\\n"`, `"\\u001b[31mred\\u001b[0m é€😀\\n"`);
  await talkers.startWith(["--tty"], "n1", `${program}; process.stderr.write("to stderr\\n");`);
  const said = (await readTwice("n1", 4)).of("n1");
  expect(said.map(({ msg, stream, flags }) => [msg, stream, flags])).toEqual([
    ["one", "stdout", undefined],
    ["x".repeat(40 * 1024), "stdout", ["joined"]],
    ["\u001b[31mred\u001b[0m é€😀", "stdout", undefined],
    // a terminal has one stream
    ["to stderr", "stdout", undefined],
  ]);
});

test("must hold 4: stderr is told from stdout", async () => {
  const program = `
    const { writeSync } = require("node:fs");
    for (let i = 1; i <= 200; i++) writeSync(i % 2 + 1, (i % 2 === 0 ? "out " : "err ") + i + "\\n");
  `;
  await talkers.start("n1", program);
  const said = (await readTwice("n1", 200)).of("n1");
  const numbers = (stream: string): readonly string[] => said.filter((one) => one.stream === stream).map(({ msg }) => msg);
  expect(numbers("stdout")).toEqual(Array.from({ length: 100 }, (_, i) => `out ${2 * i + 2}`));
  expect(numbers("stderr")).toEqual(Array.from({ length: 100 }, (_, i) => `err ${2 * i + 1}`));
});
