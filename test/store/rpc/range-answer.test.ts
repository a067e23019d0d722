// Shows that the answer to a range is the same bytes in whatever pieces it is made, that a large one lets others run meanwhile, and that one nobody could be sent is refused.
import { expect, it } from "vitest";
import { encodeRange } from "../../../src/store/rpc/range-answer.js";
import { encode } from "../../../src/store/wire/encode.js";
import { rpcs } from "../../../src/store/wire/rpcs.js";

function answerOf(pairs: number, value: Uint8Array) {
  const kvs = Array.from({ length: pairs }, (_, at) => ({
    key: `key ${at}`,
    value,
    createRevision: at + 2,
    modRevision: at + 2,
    version: 1,
    lease: 0n,
  }));
  return { header: { clusterId: 7n, memberId: 1n, revision: 9, raftTerm: 3 }, kvs, more: true, count: pairs + 3 };
}

it.each([0, 1, 500, 501, 1000, 12_345])("answers with %i pairs as in one piece", async (pairs) => {
  const answer = answerOf(pairs, Buffer.from("value"));
  expect((await encodeRange(answer)).equals(encode(rpcs.kv.range.output, answer))).toBe(true);
});

it("lets others run while it makes a large answer", async () => {
  let turns = 0;
  const count = setInterval(() => turns++, 0);
  await encodeRange(answerOf(40_000, Buffer.alloc(100)));
  clearInterval(count);
  expect(turns).toBeGreaterThan(1);
});

it("refuses an answer that is too large for any connection", async () => {
  await expect(encodeRange(answerOf(700, Buffer.alloc(2 ** 17)))).rejects.toMatchObject({ code: 8 });
});
