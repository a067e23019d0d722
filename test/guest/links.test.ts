// Shows impaired links as packets feel them on a kernel with netem: what was asked, on the link that was asked for, for the traffic that was meant, and nothing anywhere else.
import { describe, expect, test } from "vitest";
import { findingOf } from "../support/guest/finding.js";
import { findNetem } from "../support/guest/netem-place.js";

/** Milliseconds one way of the fastest packet; null where nothing arrived. */
type Times<Way extends string> = Readonly<Record<Way, number | null>>;
type Look = Times<"ab" | "abV6" | "abMarked" | "ba" | "ac" | "acMarked">;
type Stacked = Times<"ab"> & { readonly lostPercent: number; readonly fromC: number };
interface Found {
  readonly delay: { readonly before: Look; readonly during: Look };
  readonly port: Times<"p9000" | "p9001" | "p9001V6" | "p9002">;
  readonly stacked: { readonly all: Stacked; readonly healed: Stacked };
  readonly bystander: { readonly there: number; readonly back: number; readonly count: number };
  readonly bulk: { readonly bytes: number; readonly drops: readonly (readonly [string, number])[] };
  readonly loss: {
    readonly without: number;
    readonly randomLostPercent: number;
    readonly bursts: number;
    readonly meanBurst: number;
  };
  readonly mangled: { readonly sent: number; readonly twice: number; readonly notWhole: number; readonly overtaken: number };
  readonly rate: { readonly narrow: number; readonly other: number };
  readonly fromClients: Readonly<Record<"before" | "during", Times<"ca" | "caV6" | "ac" | "ba" | "baV6">>> & {
    readonly left: string;
  };
  readonly foreign: Readonly<Record<"beside" | "after" | "standing" | "left", string>> & { readonly refused: readonly string[] };
}

const place = findNetem();

describe.skipIf(place.kind === "nowhere")(`impaired links (${place.kind === "nowhere" ? place.why : place.kind})`, () => {
  const found = findingOf<Found>("test/support/guest/scenes/links.ts");

  test("must hold 1: 200 ms on one link are 200 ms there, in both IP families and for marked packets", () => {
    const { before, during } = found().delay;
    for (const way of ["ab", "abV6", "abMarked"] as const) checkBetween((during[way] ?? 0) - (before[way] ?? 0), 170, 230);
  });

  test("must hold 1: the way back and other peers are within 5 ms of before", () => {
    const { before, during } = found().delay;
    for (const way of ["ba", "ac", "acMarked"] as const) checkBetween((during[way] ?? 0) - (before[way] ?? 0), -5, 5);
  });

  test("only the ports that were named are slow, and one that two faults name is as slow as both", () => {
    checkBetween(found().port.p9000, 0, 20);
    checkBetween(found().port.p9001, 145, 190);
    checkBetween(found().port.p9001V6, 145, 190);
    checkBetween(found().port.p9002, 48, 85);
  });

  test("must hold 4: of delay, loss and a cut the middle one is healed, and the others measure as before", () => {
    const { all, healed } = found().stacked;
    checkBetween(all.lostPercent, 15, 45);
    expect(healed.lostPercent).toBe(0);
    for (const { ab } of [all, healed]) checkBetween(ab, 98, 150);
    expect([all.fromC, healed.fromC]).toEqual([0, 0]);
  });

  test("must hold 5: of 1000 packets at 5 ms none is lost while faults come and go on another link", () => {
    expect(found().bystander).toMatchObject({ there: found().bystander.count, back: found().bystander.count });
  });

  test("must hold 6: a bulk stream over 200 ms loses nothing in the queue", () => {
    expect(found().bulk.bytes).toBeGreaterThan(1_000_000);
    expect(found().bulk.drops.map(([kind]) => kind)).toEqual(["htb", "netem"]);
    expect(found().bulk.drops.map(([, drops]) => drops)).toEqual([0, 0]);
  });

  test("must hold 7: a loss of 10 % is 9 to 11 % of 10,000 packets", () => {
    expect(found().loss.without).toBe(2000);
    checkBetween(found().loss.randomLostPercent, 9, 11);
  });

  test("must hold 7: bursts by the Gilbert-Elliott model are as long as theory says, 1/r", () => {
    expect(found().loss.bursts).toBeGreaterThan(300);
    checkBetween(found().loss.meanBurst, 4 * 0.85, 4 * 1.15);
  });

  test("must hold 7: packets are doubled, garbled and overtaken", () => {
    checkBetween(found().mangled.twice, 100, 300);
    checkBetween(found().mangled.notWhole, 100, 300);
    checkBetween(found().mangled.overtaken, 100, 900);
  });

  test("must hold 7: a rate holds within 15 %, on its link only", () => {
    checkBetween(found().rate.narrow, 4e6 * 0.85, 4e6 * 1.15);
    expect(found().rate.other).toBeGreaterThan(4e6 * 2);
  });

  test("must hold 1: what somebody who is no peer sends is slow where it arrives, and that only", () => {
    const { before, during, left } = found().fromClients;
    for (const way of ["ca", "caV6"] as const) checkBetween((during[way] ?? 0) - (before[way] ?? 0), 85, 130);
    for (const way of ["ac", "ba", "baV6"] as const) checkBetween((during[way] ?? 0) - (before[way] ?? 0), -5, 5);
    expect(left).not.toMatch(/devious-in|ingress/);
  });

  test("must hold 11: another's qdisc beside ours survives, and another's root is refused by name and left alone", () => {
    const { beside, after, standing, refused, left } = found().foreign;
    expect(beside).toMatch(/ingress[^]*de71:|de71:[^]*ingress/);
    expect(after).toContain("ingress");
    expect(after).not.toContain("de71:");
    expect(refused).toHaveLength(2);
    for (const refusal of refused) expect(refusal).toContain("tbf 77:");
    expect(left).toBe(standing);
  });
});

function checkBetween(value: number | null, least: number, most: number): void {
  expect(value).not.toBeNull();
  expect(value).toBeGreaterThanOrEqual(least);
  expect(value).toBeLessThanOrEqual(most);
}
