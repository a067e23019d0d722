// Shows that requests are cut from the stream as lines whatever its chunks are, and that acts on one key wait for each other.
import { expect, test } from "vitest";
import { linesOf } from "../../src/agent/lines.js";
import { createTurns } from "../../src/agent/turns.js";

async function lines(chunks: readonly (string | Uint8Array)[]): Promise<readonly string[]> {
  async function* stream() {
    for (const chunk of chunks) yield typeof chunk === "string" ? Buffer.from(chunk) : chunk;
  }
  const found: string[] = [];
  for await (const line of linesOf(stream())) found.push(line);
  return found;
}

const umlaut = Buffer.from("ü");

test.each<[string, readonly (string | Uint8Array)[], readonly string[]]>([
  ["whole lines", ["a\nb\n"], ["a", "b"]],
  ["cut anywhere", ["a", "b\n\nc", "\n"], ["ab", "c"]],
  ["cut inside a character", [umlaut.subarray(0, 1), umlaut.subarray(1), "\n"], ["ü"]],
  ["a line without end is not a line", ["a\nhalf"], ["a"]],
  ["an endless line is dropped, the next one is not", ["x".repeat(600_000), "x".repeat(600_000), "xx\nb\n"], ["b"]],
])("%s", async (_, chunks, expected) => {
  expect(await lines(chunks)).toEqual(expected);
});

test("acts on one key take turns, also after a failure; other keys do not wait", async () => {
  const turns = createTurns();
  const order: string[] = [];
  let open = (): void => undefined;
  const gate = new Promise<void>((resolve) => (open = resolve));
  const first = turns.take("n1", async () => {
    await gate;
    order.push("n1 first");
    throw new Error("first failed");
  });
  const second = turns.take("n1", async () => order.push("n1 second"));
  await turns.take("n2", async () => order.push("n2"));
  open();
  await expect(first).rejects.toThrow("first failed");
  await second;
  expect(order).toEqual(["n2", "n1 first", "n1 second"]);
});
