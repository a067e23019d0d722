import { CanonicalReader, CanonicalWriter, readEntries, writeEntries } from "./canonical.js";
import { DataTypeError } from "./errors.js";

/**
 * Which events a state has seen: of each actor all from 1 to this number. States are replicated whole, so there are never gaps. A clock is also
 * the *context* that clients get with a value and bring along when they remove something: what they had seen.
 */
export type Clock = ReadonlyMap<string, number>;

export const emptyClock: Clock = new Map();

export function hasSeen(clock: Clock, actor: string, event: number): boolean {
  return (clock.get(actor) ?? 0) >= event;
}

/** Whether it has seen all that `other` has. */
export function descends(clock: Clock, other: Clock): boolean {
  for (const [actor, event] of other) if (!hasSeen(clock, actor, event)) return false;
  return true;
}

export function joinClocks(a: Clock, b: Clock): Clock {
  const joined = new Map(a);
  for (const [actor, event] of b) if (!hasSeen(a, actor, event)) joined.set(actor, event);
  return joined;
}

export function writeClock(out: CanonicalWriter, clock: Clock): void {
  writeEntries(out, clock, (event) => out.uint(event));
}

export function readClock(input: CanonicalReader): Clock {
  return readEntries(input, () => {
    const event = input.uint();
    if (event === 0) throw new DataTypeError("an actor without events");
    return event;
  });
}

export function clockBytes(clock: Clock): Uint8Array {
  const out = new CanonicalWriter();
  writeClock(out, clock);
  return out.finish();
}

/**
 * The clock in a context that a client brings. Throws {@link DataTypeError}. Whoever coordinates a write asks it what the client has seen of its
 * own actor: events that it does not have itself mean that it lost them, and must go by another name.
 */
export function clockOfContext(context: Uint8Array): Clock {
  const input = new CanonicalReader(context);
  const clock = readClock(input);
  input.end();
  return clock;
}
