// Shows that netem is real where these tests run: 100 ms asked is 100 ms measured, and gone when it is taken away.
import { expect, test } from "vitest";
import { median } from "../support/guest/round-trips.js";
import { findNetem } from "../support/guest/netem-place.js";
import { runWithNetem } from "../support/guest/run-with-netem.js";

const place = findNetem();

test.skipIf(place.kind === "nowhere")(
  `netem delays a bare link (${place.kind === "nowhere" ? place.why : place.kind})`,
  async () => {
    const found = await runWithNetem<Record<"before" | "during" | "after", number[]>>("test/support/guest/scenes/bare-netem.ts");
    expect(median(found.during)).toBeGreaterThan(95);
    expect(median(found.during)).toBeLessThan(150);
    // a guest on a busy machine was seen to need 43 ms by itself
    expect(median(found.before)).toBeLessThan(70);
    expect(median(found.after)).toBeLessThan(70);
  },
);
