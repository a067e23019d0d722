// Shows that each request is applied once however often and late it stands in the log, as a twin decides that remembers everything.
import fc from "fast-check";
import { expect, it } from "vitest";
import type { RequestId } from "../../src/store/entries/envelope.js";
import { Sessions, sessionWindow } from "../../src/store/sessions.js";
import type { Admission, SessionsPart } from "../../src/store/sessions.js";

/** Keeps every request it ever saw. */
class Twin {
  readonly #seen = new Set<string>();
  readonly #floors = new Map<string, number>();
  readonly #newest = new Map<number, number>();

  admit({ origin, incarnation, seq }: RequestId, floor: number): Admission {
    const newest = Math.max(this.#newest.get(origin) ?? 0, incarnation);
    this.#newest.set(origin, newest);
    if (incarnation < newest) return "outlived";
    const life = `${origin}/${incarnation}`;
    const highest = Math.max(this.#floors.get(life) ?? 0, floor);
    this.#floors.set(life, highest);
    const request = `${life}/${seq}`;
    if (seq < highest || this.#seen.has(request)) return "repeat";
    this.#seen.add(request);
    return "new";
  }
}

const entries = fc.array(
  fc
    .record({
      origin: fc.integer({ min: 1, max: 3 }),
      incarnation: fc.integer({ min: 1, max: 3 }),
      seq: fc.integer({ min: 1, max: 12 }),
      behind: fc.integer({ min: 0, max: 12 }),
    })
    .map(({ behind, ...request }) => ({ request, floor: Math.max(1, request.seq - behind) })),
  { maxLength: 60 },
);

it("agrees with its twin, also where a snapshot lies in between", () => {
  fc.assert(
    fc.property(entries, fc.nat(60), (log, snapshotAt) => {
      const twin = new Twin();
      let sessions = new Sessions();
      for (const [i, { request, floor }] of log.entries()) {
        if (i === snapshotAt) sessions = restored(sessions);
        expect(sessions.admit(request, floor)).toBe(twin.admit(request, floor));
        expect(sessions.isPast(request)).toBe(true);
      }
    }),
    { numRuns: 500 },
  );
});

it("equal states have equal snapshots, whichever way they came there", () => {
  const one = new Sessions();
  const other = new Sessions();
  for (const seq of [3, 5, 1, 2]) one.admit({ origin: 1, incarnation: 1, seq }, 1);
  other.admit({ origin: 2, incarnation: 9, seq: 1 }, 1);
  one.admit({ origin: 2, incarnation: 9, seq: 1 }, 1);
  for (const seq of [5, 2, 1, 3, 3]) other.admit({ origin: 1, incarnation: 1, seq }, 1);
  expect(JSON.stringify(one.part())).toBe(JSON.stringify(other.part()));
  expect(JSON.stringify(one.part())).toBe("[[1,1,4,[5]],[2,9,2,[]]]");
});

it("remembers no more of a member than a window, whatever its entries say", () => {
  const sessions = new Sessions();
  for (let seq = 2; seq < 2 * sessionWindow; seq++) sessions.admit({ origin: 1, incarnation: 1, seq }, 1);
  const [, , next, ahead] = sessions.part()[0] ?? [];
  expect([next, ahead?.length]).toEqual([1, sessionWindow - 1]);
  expect(sessions.admit({ origin: 1, incarnation: 1, seq: 1 + sessionWindow }, 2)).toBe("new");
});

it("knows what is not past yet", () => {
  const sessions = new Sessions();
  sessions.admit({ origin: 1, incarnation: 2, seq: 4 }, 3);
  const past = (incarnation: number, seq: number): boolean => sessions.isPast({ origin: 1, incarnation, seq });
  expect([past(1, 99), past(2, 2), past(2, 3), past(2, 4), past(2, 5), past(3, 1)]).toEqual([
    true,
    true,
    false,
    true,
    false,
    false,
  ]);
  expect([sessions.incarnationOf(1), sessions.incarnationOf(2)]).toEqual([2, 0]);
});

function restored(sessions: Sessions): Sessions {
  return Sessions.restore(JSON.parse(JSON.stringify(sessions.part())) as SessionsPart);
}
