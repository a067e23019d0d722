// Shows that a failing case comes out short: lists lose all that a failure does not need, operations their fields, and revisions follow what was left out.
import { expect, it } from "vitest";
import fc from "fast-check";
import type { Operation } from "./operation.js";
import { shrinkList, shrinkOperations } from "./shrink.js";

it("leaves exactly what a failure needs, whatever stands around it", async () => {
  const listAndNeeded = fc
    .integer({ min: 1, max: 60 })
    .chain((length) => fc.tuple(fc.constant(length), fc.subarray(Array.from({ length }, (_, at) => at))));
  await fc.assert(
    fc.asyncProperty(listAndNeeded, async ([length, needed]) => {
      const items = Array.from({ length }, (_, at) => at);
      const short = await shrinkList(items, async (fewer) => needed.every((one) => fewer.includes(one)));
      expect(short).toEqual(needed);
    }),
  );
});

it("asks no more often than it may", async () => {
  let asked = 0;
  await shrinkList(
    Array.from({ length: 1000 }, (_, at) => at),
    async () => {
      asked++;
      return false;
    },
    50,
  );
  expect(asked).toBe(50);
});

const put = (key: string): Operation => ({ path: "/v3/kv/put", body: { key, value: "1", prev_kv: true }, spelling: "camel" });

it("strips operations of what does not matter, deep inside as well", async () => {
  const txn: Operation = {
    path: "/v3/kv/txn",
    body: { compare: [], success: [{ request_put: { key: "a", value: "1" } }, { request_range: { key: "b", limit: 1 } }] },
    spelling: "snake",
  };
  const short = await shrinkOperations([put("x"), txn, put("y")], async (fewer) =>
    fewer.some(({ body }) => JSON.stringify(body).includes('{"request_range":{"key":"b"')),
  );
  expect(short).toEqual([{ path: "/v3/kv/txn", body: { success: [{ request_range: { key: "b" } }] }, spelling: "snake" }]);
});

it("lowers the revision that is asked for with each write that is left out before it", async () => {
  const read = (revision: number): Operation => ({ path: "/v3/kv/range", body: { key: "a", revision }, spelling: "snake" });
  // Fails as long as the read is of the state two writes ago.
  const short = await shrinkOperations([put("a"), put("b"), put("a"), put("c"), read(3)], async (fewer) => {
    const revision = fewer.at(-1)?.body["revision"];
    return typeof revision === "number" && revision >= 1 && fewer.length - 1 - revision === 1;
  });
  expect(short.map(({ path, body }) => [path, body])).toEqual([
    ["/v3/kv/put", {}],
    ["/v3/kv/put", {}],
    ["/v3/kv/range", { revision: 1 }],
  ]);
});
