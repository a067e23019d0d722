// Shows what makes a cluster one that many can run side by side: a name of its own, and no port that is fixed.
import { expect, test } from "vitest";
import { isolated } from "../../src/ci/isolated.js";
import { isName } from "../../src/core/ids.js";
import { defaultSpec, imageDefaults } from "../../src/spec/cluster-spec.js";

const random = Uint8Array.from([0, 31, 32, 255, 7, 9]);

test("the name gets an ending, and stays a name however long it was", () => {
  expect(isolated(defaultSpec("shop"), random).name).toBe("shop-a7a7hj");
  const long = isolated(defaultSpec(`${"a".repeat(32)}-bcdefgh`), random).name;
  expect(long).toBe(`${"a".repeat(32)}-a7a7hj`);
  expect(isName(long)).toBe(true);
});

test("the engine chooses every port", () => {
  const api = { ...imageDefaults, name: "api", image: "i", nodes: ["api-1"], zones: {}, protect: [] };
  const spec = { ...defaultSpec("shop"), services: [{ ...api, ports: [{ container: 80, host: [8080] }] }] };
  expect(isolated(spec, random).services).toEqual([{ ...api, ports: [{ container: 80, host: null }] }]);
});
