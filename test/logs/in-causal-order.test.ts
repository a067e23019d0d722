// Shows that a story is told in causal order while it goes on, within the window, to its end and before its error.
import { expect, it, vi } from "vitest";
import type { LogRecord } from "../../src/core/log-record.js";
import { type CausalOptions, inCausalOrder } from "../../src/logs/in-causal-order.js";
import { recordAt } from "./record.js";

const said = (node: string, counter: number): LogRecord =>
  recordAt(0, { node, msg: `${node} ${counter}`, fields: { hlc: `000000000000-000${counter}` } });

/** Tells the records, then does what the end is. */
async function* source(
  records: readonly LogRecord[],
  end: () => void | Promise<void> = () => undefined,
): AsyncGenerator<LogRecord> {
  yield* records;
  await end();
}

async function told(records: AsyncIterable<LogRecord>, options: CausalOptions): Promise<string[]> {
  const seen: string[] = [];
  try {
    for await (const { msg } of inCausalOrder(records, options)) seen.push(msg);
  } catch (error) {
    seen.push(String(error));
  }
  return seen;
}

it.each([true, false])("tells all in order to the end, and before an error (follow: %s)", async (follow) => {
  const records = [said("n1", 3), said("n2", 1), said("n3", 2)];
  const inOrder = ["n2 1", "n3 2", "n1 3"];
  expect(await told(source(records), { follow, windowMs: 60_000 })).toEqual(inOrder);
  const broken = source(records, () => {
    throw new Error("the engine went away");
  });
  expect(await told(broken, { follow, windowMs: 60_000 })).toEqual([...inOrder, "Error: the engine went away"]);
});

it("tells what the window is over for while nothing more comes", async () => {
  const silent = new Promise<void>(() => undefined);
  const story = inCausalOrder(
    source([said("n1", 3), said("n2", 1)], () => silent),
    { follow: true, windowMs: 20 },
  );
  expect([(await story.next()).value?.msg, (await story.next()).value?.msg]).toEqual(["n2 1", "n1 3"]);
});

it("lets go of a source that is silent when nobody listens any more", async () => {
  const returned = vi.fn<() => Promise<IteratorResult<LogRecord>>>(() => Promise.resolve({ done: true, value: undefined }));
  const first = Promise.resolve({ done: false, value: said("n1", 1) });
  const next = vi.fn<() => Promise<IteratorResult<LogRecord>>>(() => new Promise(() => undefined)).mockReturnValueOnce(first);
  const records = { [Symbol.asyncIterator]: () => ({ next, return: returned }) };
  for await (const record of inCausalOrder(records, { follow: true, windowMs: 0 })) {
    expect(record.msg).toBe("n1 1");
    break;
  }
  expect(returned).toHaveBeenCalledOnce();
});
