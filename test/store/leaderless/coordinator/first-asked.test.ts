// Whom a read asks first: as many as have to answer, this node before others, these by turns. A dumb list says the same.
import fc from "fast-check";
import { expect, test } from "vitest";
import { firstAsked } from "../../../../src/store/leaderless/coordinator/first-asked.js";
import type { PlacedReplica } from "../../../../src/store/leaderless/coordinator/surroundings.js";

const place = { kind: "home", partition: 0, n: 3 } as const;
const replicas = fc.uniqueArray(
  fc.record({
    member: fc.constantFrom("n1", "n2", "n3", "n4", "n5"),
    positions: fc.integer({ min: 1, max: 2 }),
    isStandIn: fc.integer({ min: 0, max: 9 }).map((drawn) => drawn === 0),
  }),
  { minLength: 1, maxLength: 5, selector: ({ member }) => member },
);

test("as a list of who has his turn", () => {
  fc.assert(
    fc.property(
      replicas,
      fc.integer({ min: 0, max: 6 }),
      fc.nat(100),
      fc.constantFrom("", "n3", "n4"),
      (drawn, wanted, turn, away) => {
        const placed = drawn.map(({ member, positions, isStandIn }): PlacedReplica => ({
          member,
          positions,
          place,
          ...(isStandIn && { hintFor: "n6" }),
        }));
        const others = placed.filter(({ member }) => member !== "n1");
        const turns = others.map((_, i) => others[(turn + i) % others.length] as PlacedReplica);
        const inTurn = [...placed.filter(({ member }) => member === "n1"), ...turns];
        const positionsOf = (some: readonly PlacedReplica[]): number => some.reduce((sum, { positions }) => sum + positions, 0);
        const enough = inTurn.findIndex((_, i) => positionsOf(inTurn.slice(0, i + 1)) >= wanted) + 1;
        const isPlain = drawn.every(({ member, isStandIn }) => !isStandIn && member !== away);
        const isSaving = isPlain && enough > 0 && enough < placed.length;
        expect(firstAsked(placed, wanted, { self: "n1", turn, isReachable: (member) => member !== away })).toEqual(
          isSaving ? { asked: inTurn.slice(0, enough), reserve: inTurn.slice(enough) } : undefined,
        );
      },
    ),
  );
});
