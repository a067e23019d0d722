// Shows that whatever is exported for ShiViz keeps ShiViz's rules and tells exactly what happened before what, also with gaps, restarts and clocks that lie.
import fc from "fast-check";
import { expect, it } from "vitest";
import { DeviousError } from "../../../src/core/errors.js";
import type { LogRecord } from "../../../src/core/log-record.js";
import { shiviz } from "../../../src/logs/causal/shiviz.js";
import { validateShiviz } from "../../../src/logs/causal/shiviz-rules.js";
import { stampAt } from "../docker-log.js";
import { recordAt } from "../record.js";
import { type History, histories } from "./history.js";

const hasVector = ({ fields }: LogRecord): boolean => fields["vc"] !== undefined;

/** The exported events by the numbers of their records, each with its host and clock. */
function eventsOf(text: string): Map<string, { readonly host: string; readonly clock: Readonly<Record<string, number>> }> {
  const lines = text.trimEnd().split("\n").slice(2);
  const events = new Map<string, { host: string; clock: Record<string, number> }>();
  for (let i = 0; i < lines.length; i += 2) {
    const [, , number = ""] = (lines[i] ?? "").split(" ");
    const [host = "", clock = ""] = (lines[i + 1] ?? "").split(" ");
    events.set(number, { host, clock: JSON.parse(clock) as Record<string, number> });
  }
  return events;
}

/** All that happened before each record, through others or not. */
function closureOf({ causes }: History): Map<string, Set<string>> {
  const closure = new Map<string, Set<string>>();
  for (const [effect, all] of causes)
    closure.set(effect, new Set(all.flatMap((cause) => [cause, ...(closure.get(cause) ?? [])])));
  return closure;
}

it("is valid for any part of any history", () => {
  fc.assert(
    fc.property(histories(), fc.infiniteStream(fc.boolean()), ({ records }, keeps) => {
      const kept = records.filter(() => keeps.next().value === true);
      fc.pre(kept.some(hasVector));
      // it throws where it is not; said again, because this is what it is for
      expect(validateShiviz(shiviz(kept))).toEqual([]);
    }),
  );
});

it("names exactly what happened before each event, where nothing is left out", () => {
  fc.assert(
    fc.property(
      histories(({ type }) => type !== "plain"),
      (history) => {
        fc.pre(history.records.some(hasVector));
        const events = eventsOf(shiviz(history.records));
        const before = closureOf(history);
        expect(new Set(events.keys())).toEqual(new Set(history.records.filter(hasVector).map(({ msg }) => msg)));
        for (const [number, { clock }] of events) {
          const named = [...events].filter(
            ([other, { host, clock: at }]) => other !== number && (at[host] ?? 0) <= (clock[host] ?? 0),
          );
          expect(new Set(named.map(([other]) => other))).toEqual(before.get(number));
        }
      },
    ),
  );
});

it("is valid where the clocks are made up", () => {
  const madeUp = fc.record({
    node: fc.constantFrom("n1", "n2", "constructor"),
    vc: fc.dictionary(fc.constantFrom("n1", "n2", "constructor", "gone"), fc.nat(5), { noNullPrototype: true }),
    counter: fc.nat(9),
  });
  fc.assert(
    fc.property(fc.array(madeUp, { minLength: 1 }), (all) => {
      const records = all.map(({ node, vc, counter }, i) =>
        recordAt(i, {
          node,
          fields: {
            hlc: `000000000000-000${counter}`,
            vc: { ...vc, [node]: 1 + (Object.hasOwn(vc, node) ? (vc[node] ?? 0) : 0) },
          },
        }),
      );
      expect(validateShiviz(shiviz(records))).toEqual([]);
    }),
  );
});

it("numbers each host's events from 1 and writes what a person reads, in one line", () => {
  const records = [
    recordAt(0, {
      node: "n1",
      event: "vote-cast",
      msg: "granted n2\na vote",
      fields: { term: 3, hlc: "000000000001-0000", vc: { n1: 57 } },
    }),
    recordAt(1, { node: "user", msg: "no clock" }),
    recordAt(2, {
      node: "n2",
      level: "warn",
      msg: "won",
      fields: { peer: "n1 \u001b[2J", hlc: "000000000001-0003", vc: { n1: 58, n2: 17, n3: 4 } },
    }),
  ];
  expect(shiviz(records)).toBe(
    [
      String.raw`(?<date>\S+) (?<level>\S+) (?<event>.*)\n(?<host>\S+) (?<clock>\{.*\})`,
      "",
      String.raw`${stampAt(0)} info vote-cast granted n2\na vote term=3`,
      `n1 {"n1":1}`,
      String.raw`${stampAt(2)} warn won peer="n1 \u001b[2J"`,
      `n2 {"n2":1,"n1":1}`,
      "",
    ].join("\n"),
  );
});

it("says that there is nothing to draw where no record has a vector clock", () => {
  expect(() => shiviz([recordAt(0, { fields: { vc: "1.2" } })])).toThrow(DeviousError);
});
