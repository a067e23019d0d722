// Shows a delay on a real cluster as its nodes feel it: as long as asked, on the links asked for, over a restart, and never past its end, whatever becomes of the command.
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
}

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
});

function checkSlow(look: Look, ...links: (keyof Look)[]): void {
  for (const link of links) {
    expect(look[link], link).toBeGreaterThanOrEqual(80);
    expect(look[link], link).toBeLessThanOrEqual(130);
  }
}

function checkFast(look: Look, ...links: (keyof Look)[]): void {
  for (const link of links) {
    expect(look[link], link).not.toBeNull();
    expect(look[link], link).toBeLessThan(40);
  }
}
