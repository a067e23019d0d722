// Properties that are remembered are those that gossip has told last.
import fc from "fast-check";
import { expect, test } from "vitest";
import { KnownProperties, propertiesIn } from "../../../../src/store/leaderless/buckets/known.js";
import { defaultProperties } from "../../../../src/store/leaderless/buckets/properties.js";
import { activateType, createType, setBucketProps } from "../../../../src/store/leaderless/gossip/bucket-types.js";
import type { ClusterState } from "../../../../src/store/leaderless/gossip/cluster-state.js";
import { foundRing } from "../../../../src/store/leaderless/gossip/membership.js";

const defaults = defaultProperties({ n: 3, r: "quorum", w: "quorum", conflict: "siblings", clock: "dvv" });
const founded: ClusterState = { ring: foundRing({ n1: "n1" }, 8), types: {}, buckets: {} };
const types = fc.constantFrom("default", "t", "constructor");
const buckets = fc.constantFrom("a", "b", "__proto__");
const props = fc.record({ nVal: fc.integer({ min: 1, max: 5 }) });

const changes = fc.oneof(
  fc.record({ type: types, bucket: buckets, props: fc.option(props, { nil: undefined }) }).map(
    (set) =>
      (state: ClusterState): ClusterState =>
        setBucketProps(state, set.type, set.bucket, set.props, "n1"),
  ),
  types.map((type) => (state: ClusterState): ClusterState => {
    const made = createType(state, type, { nVal: 2 }, "n1");
    const active = made.ok ? activateType(made.state, type, "n1") : made;
    return active.ok ? active.state : state;
  }),
);

test("as gossip has them", () => {
  fc.assert(
    fc.property(fc.array(changes, { maxLength: 8 }), (made) => {
      const known = new KnownProperties(defaults);
      let state = founded;
      for (const change of [(same: ClusterState): ClusterState => same, ...made]) {
        state = change(state);
        for (const type of ["default", "t", "constructor", "nothing"])
          for (const bucket of ["a", "b", "__proto__"]) {
            const expected = propertiesIn(state, defaults, { type, bucket });
            expect(known.of(state, { type, bucket })).toEqual(expected);
            expect(known.of(state, { type, bucket })).toEqual(expected);
          }
      }
    }),
  );
});

test("of more buckets than are remembered", () => {
  const known = new KnownProperties(defaults);
  const state = setBucketProps(founded, "default", "7", { nVal: 1 }, "n1");
  for (let i = 0; i < 5000; i++)
    expect(known.of(state, { type: "default", bucket: String(i % 2500) })?.nVal).toBe(i % 2500 === 7 ? 1 : 3);
});
