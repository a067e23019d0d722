// Shows that the machine hears of clients that go away before they have their answers, once, and of no others.
import { expect, test } from "vitest";
import type { Effects, Input } from "../../../src/store/leaderless/steps.js";
import type { Request } from "../../../src/store/leaderless/api.js";
import { LeaderlessDriver } from "../../../src/store/leaderless-node/driver.js";

const request: Request = { type: "listBuckets", bucketType: "default", timeoutMs: undefined };

async function turn(): Promise<void> {
  await new Promise(setImmediate);
  await new Promise(setImmediate);
}

test("a question is cancelled in the machine when its client is gone, unless it was answered", async () => {
  const seen: Input[] = [];
  const answered = { ok: true, value: { items: [], more: undefined } } as const;
  const driver = new LeaderlessDriver({
    node: "n1",
    machine: {
      step: (inputs): Effects => {
        seen.push(...inputs.filter(({ type }) => type !== "clock"));
        const asks = inputs.flatMap((input) => (input.type === "ask" && input.id === 2 ? [input] : []));
        const answers = asks.map(({ id }) => ({ id, answer: answered }));
        return { send: [], answers, outcomes: [], events: [], isBusy: false };
      },
    },
    clock: { monotonicMs: () => 0, wallMs: () => 0 },
    peers: { send: () => undefined },
    onEvent: () => undefined,
  });
  const cancels = [driver.ask(request, () => undefined), driver.ask(request, () => undefined)];
  await turn();
  for (const cancel of [...cancels, ...cancels]) cancel();
  await turn();
  expect(seen).toEqual([
    { type: "ask", id: 1, request },
    { type: "ask", id: 2, request },
    { type: "cancel", id: 1 },
  ]);
});
