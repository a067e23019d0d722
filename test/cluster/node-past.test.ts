// Shows that what the engine has told of a node while somebody waited for it is not lost when the engine forgets it, nor counted twice.
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { NodePast } from "../../src/cluster/node-past.js";
import type { ContainerEvent } from "../../src/engine/port.js";

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

const event = (second: number, action: ContainerEvent["action"]): ContainerEvent => ({
  id: "c1",
  ts: `2026-11-22T10:00:${String(second).padStart(2, "0")}.000000000Z`,
  action,
  labels: {},
  exitCode: undefined,
  health: undefined,
});

/** An engine that remembers the last two of what has happened. */
class ForgetfulEngine {
  readonly happened: ContainerEvent[] = [];
  /** By which filters. */
  readonly asked: string[] = [];

  async pastEvents(filter: string): Promise<readonly ContainerEvent[]> {
    this.asked.push(filter);
    return this.happened.slice(-2);
  }
}

test("is all that was told, once and in order, whatever the engine has forgotten by the end", async () => {
  const engine = new ForgetfulEngine();
  const past = new NodePast(engine, { labels: { "devious.node": "n1" } });
  for (const [second, action] of (["start", "oom", "die", "start", "die"] as const).entries()) {
    engine.happened.push(event(second, action));
    await vi.advanceTimersByTimeAsync(1000);
    past.keepUp();
  }
  expect((await past.events()).map(({ action }) => action)).toEqual(["start", "oom", "die", "start", "die"]);
  // every two seconds, and at the end
  expect(engine.asked).toEqual(Array(3).fill("devious.node=n1"));
});

test("is what was known where the engine says no more, or fails", async () => {
  const engine = new ForgetfulEngine();
  const past = new NodePast(engine, { labels: {} });
  engine.happened.push(event(0, "oom"));
  expect(await past.events()).toHaveLength(1);
  engine.pastEvents = () => Promise.reject(new Error("gone"));
  expect(await past.events()).toHaveLength(1);
  engine.pastEvents = () => new Promise(() => undefined);
  const asked = past.events();
  await vi.advanceTimersByTimeAsync(2000);
  expect(await asked).toHaveLength(1);
});
