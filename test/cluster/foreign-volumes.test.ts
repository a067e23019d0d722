// Shows that no node is given the volume of a node of another kind that had its name: neither read by an image nor deleted for a store.
import { expect, test } from "vitest";
import { assertOwnVolumes } from "../../src/cluster/foreign-volumes.js";
import { imageVolumeName, nodeVolumeName } from "../../src/cluster/names.js";
import { label } from "../../src/core/labels.js";
import { clusterDefaults, imageDefaults, storeService } from "../../src/spec/cluster-spec.js";
import type { ServiceSpec } from "../../src/spec/cluster-spec.js";

const volume = { type: "volume", name: "data", target: "/data", readOnly: false, shared: false } as const;
const image: ServiceSpec = {
  ...imageDefaults,
  name: "kv",
  image: "x",
  nodes: ["kv-1"],
  zones: {},
  protect: [],
  volumes: [volume],
};
const store = storeService("kv", ["kv-1"]);
const ofStore = { name: nodeVolumeName("demo", "kv-1"), labels: { [label.member]: "1" } };
const ofImage = { name: imageVolumeName("demo", "kv-1", "data"), labels: {} };

const assert = (service: ServiceSpec, found: typeof ofStore | typeof ofImage) => (): void =>
  assertOwnVolumes({ ...clusterDefaults, name: "demo", services: [service] }, { volumes: [found] });

test("an image does not find a store's data, nor a store an image's", () => {
  expect(assert(image, ofStore)).toThrow(
    "kv-1 would be given the volume devious.demo.kv-1.data, which is of a node of the bundled store",
  );
  expect(assert(store, ofImage)).toThrow("which is of a node of an image");
});

test("its own, and one of another name, are taken", () => {
  expect(assert(image, ofImage)).not.toThrow();
  expect(assert(store, ofStore)).not.toThrow();
  expect(assert({ ...image, volumes: [{ ...volume, name: "files" }] }, ofStore)).not.toThrow();
});
