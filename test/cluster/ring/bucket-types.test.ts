// Shows what a cluster's bucket types come to where its nodes see them differently, and who is told to be behind.
import { expect, test } from "vitest";
import { clusterBucketTypes } from "../../../src/cluster/ring/bucket-types.js";
import type { BucketTypesView, BucketTypeView } from "../../../src/core/bucket-types-contract.js";
import type { Asked } from "../../../src/cluster/ring/cluster-ring.js";

function type(name: string, status: BucketTypeView["status"], props: BucketTypeView["props"] = {}): BucketTypeView {
  return { name, status, waitsFor: [], props };
}

function node(name: string, ...types: readonly BucketTypeView[]): Asked<BucketTypesView> {
  return { node: name, state: "running", view: { node: name, types } };
}

function summary(asked: readonly Asked<BucketTypesView>[], teller?: string): readonly string[] {
  return clusterBucketTypes(asked, teller).map(
    ({ name, status, props, behind }) => `${name} ${status} ${JSON.stringify(props)} behind: ${behind.join(",")}`,
  );
}

test("types are told by name, with nobody behind where all agree", () => {
  const both = [type("sets", "active"), type("maps", "ready")];
  expect(summary([node("n1", ...both), node("n2", ...both)])).toEqual(["maps ready {} behind: ", "sets active {} behind: "]);
});

test("the furthest that a node has seen a type counts; who has not, has not heard of it or does not answer", () => {
  const asked = [
    node("n1"),
    node("n2", type("sets", "ready")),
    node("n3", type("sets", "active")),
    { node: "n4", state: "paused", view: null },
  ];
  expect(summary(asked)).toEqual(["sets active {} behind: n1,n2"]);
});

test("of properties that differ, those count of the node that was asked to change them", () => {
  const asked = [node("n1", type("sets", "active", { r: 2 })), node("n2", type("sets", "active", { r: 1 }))];
  expect(summary(asked)).toEqual(['sets active {"r":2} behind: n2']);
  expect(summary(asked, "n2")).toEqual(['sets active {"r":1} behind: n1']);
});
