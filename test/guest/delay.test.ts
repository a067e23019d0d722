// Shows a delay on a real cluster as its nodes feel it: as long as asked, on the links asked for, over a restart, and never past its end, whatever becomes of the command;
// and links of a spec, as far as it says, until it says otherwise.
import { describe, expect, test } from "vitest";
import { findingOf } from "../support/guest/finding.js";
import { findNetem } from "../support/guest/netem-place.js";

/** Median round trips in ms; null where nothing came back. */
type Look = Readonly<Record<"n1n2" | "n2n3" | "n1n3" | "hostN2", number | null>>;
interface Found {
  readonly before: Look;
  readonly delayed: Look;
  readonly restarted: Look;
  readonly healed: { readonly look: Look; readonly netem: boolean };
  readonly orphaned: { readonly cleanAfterMs: number };
  readonly partitioned: Look;
  readonly joined: Look;
  readonly left: number;
  readonly zoned: Readonly<Record<"up" | "restarted" | "changed", Matrix>>;
}

/** Median round trips in ms from each of four nodes to each one after it: `n1 n2`; null where nothing came back. */
type Matrix = Readonly<Record<string, number | null>>;

const place = findNetem();

describe.skipIf(place.kind === "nowhere")(`chaos delay (${place.kind === "nowhere" ? place.why : place.kind})`, () => {
  const found = findingOf<Found>("test/support/guest/scenes/delay.ts", { engine: true });

  test("no link is slow by itself", () => checkFast(found().before, "n1n2", "n2n3", "n1n3", "hostN2"));

  test("100 ms on n2 are 80 to 130 ms to each of its peers", () => checkSlow(found().delayed, "n1n2", "n2n3"));
  test("and nothing between the others, nor to clients on this machine", () => checkFast(found().delayed, "n1n3", "hostN2"));

  test("n2 restarted is under it again", () => checkSlow(found().restarted, "n1n2", "n2n3"));
  test("and the others still are not", () => checkFast(found().restarted, "n1n3", "hostN2"));

  test("heal ends it and leaves no rule", () => {
    checkFast(found().healed.look, "n1n2", "n2n3", "n1n3", "hostN2");
    expect(found().healed.netem).toBe(false);
  });

  test("it ends at its time when the command was killed", () => {
    expect(found().orphaned.cleanAfterMs).toBeGreaterThan(3000);
    expect(found().orphaned.cleanAfterMs).toBeLessThan(7000);
  });

  test("a partition is silence across the cut only, on this kernel as well", () => {
    expect(found().partitioned).toMatchObject({ n1n2: null, n1n3: null });
    checkFast(found().partitioned, "n2n3", "hostN2");
    checkFast(found().joined, "n1n2", "n2n3", "n1n3", "hostN2");
  });

  test("down --volumes leaves nothing", () => expect(found().left).toBe(0));

  test("must hold 2: a delay matrix between two zones is within 15 % of the spec's, and inside of them there is none", () =>
    checkZones(found().zoned.up, 200));
  test("agent and node restarted hold it again", () => checkZones(found().zoned.restarted, 200));
  test("chaos heal leaves it, and up with another delay is within 15 % of that", () => checkZones(found().zoned.changed, 140));
});

function checkSlow(look: Look, ...links: (keyof Look)[]): void {
  for (const link of links) {
    expect(look[link], link).toBeGreaterThanOrEqual(80);
    expect(look[link], link).toBeLessThanOrEqual(130);
  }
}

/** Between n1, n2 and n3, n4. */
function checkZones(matrix: Matrix, roundTripMs: number): void {
  expect(Object.keys(matrix).length).toBeGreaterThanOrEqual(3);
  for (const [link, measured] of Object.entries(matrix)) {
    const [least, most] = link === "n1 n2" || link === "n3 n4" ? [0, 0.15] : [0.85, 1.15];
    expect(measured, link).not.toBeNull();
    expect(measured, link).toBeGreaterThanOrEqual(least * roundTripMs);
    expect(measured, link).toBeLessThanOrEqual(most * roundTripMs);
  }
}

function checkFast(look: Look, ...links: (keyof Look)[]): void {
  for (const link of links) {
    expect(look[link], link).not.toBeNull();
    expect(look[link], link).toBeLessThan(40);
  }
}
