// Shows that clusters get networks on a real engine whose address pools are used up, also many at once.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { makeNetwork } from "../../src/cluster/make-network.js";
import { ownSubnets } from "../../src/cluster/own-subnets.js";
import { resolveEngineAddress } from "../../src/engine/docker/address.js";
import { createDockerEngine } from "../../src/engine/docker/docker-engine.js";
import type { Engine } from "../../src/engine/port.js";
import { OwnEngine, whyNoOwnEngine } from "../support/own-engine.js";

const reason = whyNoOwnEngine();
const label = "devious-subnets-test";

describe.skipIf(reason !== undefined)("an engine with room for one network", () => {
  let own: OwnEngine;
  let engine: Engine;
  beforeAll(async () => {
    own = await OwnEngine.start("--default-address-pool", "base=10.222.33.0/24,size=24");
    engine = createDockerEngine(resolveEngineAddress({ DOCKER_HOST: own.host }));
  });
  afterAll(async () => {
    await own.destroy();
  });

  test("eight at once all get one, beside each other and beside this machine's own", async () => {
    const before = await ownSubnets();
    const names = Array.from({ length: 8 }, (_, i) => `devious.subnets-${process.pid}-${i}`);
    await Promise.all(names.map((name) => makeNetwork(engine, name, { [label]: "" })));
    const { subnets } = await engine.resources();
    expect(subnets).toContain("10.222.33.0/24");
    expect(subnets).toHaveLength(8);
    expect(new Set(subnets).size).toBe(8);
    expect(subnets.filter((subnet) => before.includes(subnet))).toEqual([]);
  });
});
