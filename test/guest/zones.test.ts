// Shows the links of a spec on a real cluster as its nodes feel them: between the zones of three-of-each as far as it says, inside of them nothing, until it says otherwise.
import { describe, expect, test } from "vitest";
import { findingOf } from "../support/guest/finding.js";
import { findNetem } from "../support/guest/netem-place.js";

type Found = Readonly<Record<"up" | "restarted" | "changed", Matrix>>;

/** Median round trips in ms, `kv-1 api-2`; null where nothing came back. */
type Matrix = Readonly<Record<string, number | null>>;

const place = findNetem();

describe.skipIf(place.kind === "nowhere")(`zones (${place.kind === "nowhere" ? place.why : place.kind})`, () => {
  const found = findingOf<Found>("test/support/guest/scenes/zones.ts", { engine: true });

  test("must hold 2: three-of-each's zones are as far apart as its spec says, within 15 %, and inside of them there is no delay", () =>
    checkZones(found().up, 80, 12));
  test("agent and node restarted hold it again", () => checkZones(found().restarted, 80, 4));
  test("chaos heal leaves it, and up with another delay is within 15 % of that", () => checkZones(found().changed, 140, 4));
});

/** As three-of-each has it: the first of each are in one zone, the others in the other. */
function checkZones(matrix: Matrix, roundTripMs: number, links: number): void {
  expect(Object.keys(matrix)).toHaveLength(links);
  for (const [link, measured] of Object.entries(matrix)) {
    const ends = new Set(link.split(" ").map((node) => node.endsWith("-1")));
    const [least, most] = ends.size === 1 ? [0, 0.15] : [0.85, 1.15];
    expect(measured, link).not.toBeNull();
    expect(measured, link).toBeGreaterThanOrEqual(least * roundTripMs);
    expect(measured, link).toBeLessThanOrEqual(most * roundTripMs);
  }
}
