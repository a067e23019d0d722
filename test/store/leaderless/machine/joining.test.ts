// A node that is to join a cluster answers no client before it has met a member: it would find nothing of what the cluster has.
import { expect, test } from "vitest";
import { aloneRing } from "../../../../src/store/leaderless/gossip/membership.js";
import { Box } from "./box.js";

test("without a ring nothing is found, so nothing is said", () => {
  const ring = aloneRing("n9", "n9", 16);
  const alone = new Box(["n9"], { state: { ring, types: {}, buckets: {} }, meets: ["n1"] });
  expect(alone.values("n9", "k")).toBe("overload");
  expect(alone.put("n9", "k", "v")).toMatchObject({ ok: false, failure: { definite: true, reason: { type: "overload" } } });
});
