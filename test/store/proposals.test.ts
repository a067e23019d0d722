// Shows that a proposal's fate is read from committed entries alone: its own, another term's in its place, or a snapshot that does not tell.
import { expect, it } from "vitest";
import { Proposals } from "../../src/store/proposals.js";

function placed(...places: readonly (readonly [asked: string, index: number, term: number])[]): Proposals<string> {
  const proposals = new Proposals<string>();
  for (const [asked, index, term] of places) proposals.place(asked, index, term);
  return proposals;
}

it("is done when its own entry is committed, and then forgotten", () => {
  const proposals = placed(["mine", 7, 2]);
  expect(proposals.committed(6, 2)).toEqual({ own: undefined, lost: [] });
  expect(proposals.committed(7, 2)).toEqual({ own: "mine", lost: [] });
  expect(proposals.committed(7, 2)).toEqual({ own: undefined, lost: [] });
});

it("is lost when an entry of another term is committed in its place", () => {
  expect(placed(["mine", 7, 2]).committed(7, 3)).toEqual({ own: undefined, lost: ["mine"] });
});

// Figure 3.7 of the thesis: cut off this member's log, an entry may live on in another's, whose leader may yet commit it.
it.each<[string, number, { own: string | undefined; lost: string[] }]>([
  ["the older one is committed after all", 2, { own: "older", lost: ["newer"] }],
  ["the newer one is committed", 4, { own: "newer", lost: ["older"] }],
  ["neither is", 5, { own: undefined, lost: ["older", "newer"] }],
])("of two terms at one place, both wait for what is committed there: %s", (_, term, expected) => {
  const proposals = placed(["older", 7, 2], ["newer", 7, 4]);
  expect(proposals.committed(7, term)).toEqual(expected);
  expect(proposals.committed(7, term)).toEqual({ own: undefined, lost: [] });
});

it("is unknown when a snapshot skips it", () => {
  const proposals = placed(["older", 7, 2], ["newer", 7, 4], ["later", 9, 4]);
  expect(proposals.skipTo(8)).toEqual(["older", "newer"]);
  expect(proposals.committed(9, 4).own).toBe("later");
});

it("is handed back once when the machine drops it", () => {
  const proposals = new Proposals<string>();
  const id = proposals.handIn("mine");
  expect(proposals.take(id)).toBe("mine");
  expect(proposals.take(id)).toBeUndefined();
});
