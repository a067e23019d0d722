// Shows --verify against the kernel's own netem: each impairment that is there is proven by its figure, each that is not is disproven.
import { describe, expect, test } from "vitest";
import { findingOf } from "../support/guest/finding.js";
import { findNetem } from "../support/guest/netem-place.js";
import type { Found } from "../support/guest/scenes/measure.js";

const place = findNetem();

describe.skipIf(place.kind === "nowhere")(`measuring (${place.kind === "nowhere" ? place.why : place.kind})`, () => {
  const found = findingOf<Readonly<Record<string, Found>>>("test/support/guest/scenes/measure.ts");

  test.each([
    ["delay", ["delay"]],
    ["jitter", ["delay"]],
    ["loss", ["loss"]],
    ["correlated", ["loss"]],
    ["gemodel", ["loss"]],
    ["state", ["loss"]],
    ["duplicate", ["duplicate"]],
    ["corrupt", ["corrupt"]],
    ["reorder", ["delay", "reorder"]],
    ["rate", ["rate"]],
    ["both", ["delay", "loss", "duplicate"]],
  ])("%s", (name, words) => {
    const { present, absent } = found()[name] ?? { present: [], absent: [] };
    const figures = (ok: boolean) => words.map((word) => ({ what: `a -> b ${word}`, ok }));
    expect(present).toMatchObject(figures(true));
    expect(absent).toMatchObject(figures(false));
  });
});
