// The checker agrees with a dumb twin that tries every order, on small random histories with crashed and failed operations.
import fc from "fast-check";
import { expect, test } from "vitest";
import type { Operation } from "../../src/check/history.js";
import { checkLinearizability } from "../../src/check/linearizability.js";
import type { Model } from "../../src/check/model.js";
import { appendKv, type AppendKvInput, type AppendKvOutput } from "../../src/check/models/append-kv.js";
import { kv, type KvInput, type KvOutput } from "../../src/check/models/kv.js";
import { register, type RegisterInput, type RegisterOutput } from "../../src/check/models/register.js";

/** Every order that respects real time, with every subset of the crashed operations; no partition, no memory, no tricks. */
function bruteForce<S, I, O>(history: readonly Operation<I, O>[], init: S, step: Model<S, I, O>["step"]): boolean {
  const extend = (left: readonly Operation<I, O>[], state: S): boolean => {
    if (left.every((operation) => operation.type !== "ok")) return true;
    return left.some((next) => {
      const overtakes = left.some((other) => other.type === "ok" && other.returnedAt < next.invokedAt);
      if (next.type === "fail" || overtakes) return false;
      const rest = left.filter((other) => other !== next);
      return step(state, next.input, next.type === "ok" ? next.output : undefined).some((after) => extend(rest, after));
    });
  };
  return extend(history, init);
}

/** Up to 6 operations of any overlap, also with equal times, and outputs that are often wrong. */
function histories<I, O>(input: fc.Arbitrary<I>, output: (input: I) => fc.Arbitrary<O>): fc.Arbitrary<Operation<I, O>[]> {
  const operation = input.chain((input) =>
    fc.record({
      input: fc.constant(input),
      output: output(input),
      type: fc.oneof(
        { weight: 6, arbitrary: fc.constant("ok") },
        { weight: 4, arbitrary: fc.constant("info") },
        fc.constant("fail"),
      ),
      invokedAt: fc.nat(10),
      duration: fc.nat(6),
    }),
  );
  return fc.array(operation, { maxLength: 6 }).map((drafts) =>
    drafts.map(({ input, output, type, invokedAt, duration }, i): Operation<I, O> => {
      const begun = { process: `p${i}`, input, invokedAt };
      if (type === "ok") return { ...begun, type, output, returnedAt: invokedAt + duration };
      return { ...begun, type: type === "fail" ? "fail" : "info" };
    }),
  );
}

const value = fc.nat(2);
const registerHistories = histories<RegisterInput, RegisterOutput>(
  fc.oneof(
    fc.constant({ op: "read" } as const),
    fc.record({ op: fc.constant("write" as const), value }),
    fc.record({ op: fc.constant("cas" as const), expected: value, value }),
  ),
  (input) => {
    if (input.op === "read") return fc.option(value);
    return input.op === "cas" ? fc.boolean() : fc.constant(null);
  },
);

const letter = fc.constantFrom("a", "b");
const appendHistories = histories<AppendKvInput, AppendKvOutput>(
  fc.oneof(
    fc.record({ op: fc.constant("get" as const), key: fc.constantFrom("x", "y") }),
    fc.record({ op: fc.constantFrom("put" as const, "append" as const), key: fc.constantFrom("x", "y"), value: letter }),
  ),
  (input) => (input.op === "get" ? fc.constantFrom("", "a", "b", "ab", "ba", "aa") : fc.constant(null)),
);

const kvHistories = histories<KvInput, KvOutput>(
  fc.oneof(
    fc.record({ op: fc.constantFrom("get" as const, "delete" as const), key: fc.constant("x") }),
    fc.record({ op: fc.constant("put" as const), key: fc.constant("x"), value: letter }),
  ),
  (input) => {
    if (input.op === "get") return fc.option(letter);
    return input.op === "put" ? fc.constant(null) : fc.boolean();
  },
);

/** As one store with all keys, so that the brute force does not rest on the partition. */
const wholeKv: Model<ReadonlyMap<string, string>, AppendKvInput, AppendKvOutput>["step"] = (state, input, output) =>
  appendKv.step(state.get(input.key) ?? "", input, output).map((next) => new Map(state).set(input.key, next));

const verdicts = { ok: 0, violation: 0, unknown: 0 };
const agree = (history: { verdict: keyof typeof verdicts }, isLinearizable: boolean): void => {
  verdicts[history.verdict]++;
  expect(history.verdict).toBe(isLinearizable ? "ok" : "violation");
};

test("register with cas", () => {
  fc.assert(
    fc.property(registerHistories, (h) => agree(checkLinearizability(h, register), bruteForce(h, register.init, register.step))),
    {
      numRuns: 3000,
    },
  );
});

test("append kv, over two keys", () => {
  fc.assert(
    fc.property(appendHistories, (h) => agree(checkLinearizability(h, appendKv), bruteForce(h, new Map(), wholeKv))),
    {
      numRuns: 3000,
    },
  );
});

test("kv with delete", () => {
  fc.assert(
    fc.property(kvHistories, (h) => agree(checkLinearizability(h, kv), bruteForce(h, kv.init, kv.step))),
    { numRuns: 3000 },
  );
});

test("the random histories held plenty of both kinds", () => {
  expect(verdicts.ok).toBeGreaterThan(1000);
  expect(verdicts.violation).toBeGreaterThan(1000);
  expect(verdicts.unknown).toBe(0);
});
