// Shows that a load over Riak's protocol buffers does and counts what it says on real nodes: no siblings, since each put knows of the one before it.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { fillTurns, turnLoad } from "../../bench/turn-load.js";
import { until } from "../store/cluster.js";
import { TestNodes } from "../store/leaderless-node/nodes.js";
import { bashoClient, valuesOf } from "../support/clients/basho.js";

describe("a load that takes turns", () => {
  let nodes: TestNodes;
  let ports: number[];
  const names = ["n1", "n2", "n3"];
  beforeAll(async () => {
    nodes = await TestNodes.start(3);
    ports = names.map((name) => Number(nodes.address(name).split(":")[1]));
    for (const name of names)
      await until(
        () => nodes.status(name),
        ({ members }) => members.filter(({ isReachable }) => isReachable).length === 3,
      );
  });
  afterAll(() => nodes.destroy());
  const job = { protocol: "riak", inFlight: 4, valueBytes: 32, durationMs: 200, part: "p" } as const;

  it("puts over and over, and leaves one value a key", async () => {
    const { histogram, tookMs } = await turnLoad({ ...job, ports, kind: "put" });
    expect(histogram.total).toBeGreaterThanOrEqual(job.inFlight);
    expect(tookMs).toBeGreaterThanOrEqual(job.durationMs);
    const client = await bashoClient([nodes.address("n2")]);
    for (let at = 0; at < job.inFlight; at++) expect(await valuesOf(client, "bench", `p-${at}-0`)).toEqual(["v".repeat(32)]);
    await client.stop();
  });

  it("gets what it has put there itself, one value a key however often", async () => {
    for (let round = 0; round < 2; round++) {
      const { histogram } = await turnLoad({ ...job, ports, kind: "get", part: "gets" });
      expect(histogram.total).toBeGreaterThanOrEqual(job.inFlight);
    }
    const client = await bashoClient([nodes.address("n2")]);
    expect(await valuesOf(client, "bench", "gets-0-0")).toEqual(["v".repeat(32)]);
    await client.stop();
  });

  it("fills in as many keys as it is told", async () => {
    const before = (await nodes.status("n1")).keys;
    await fillTurns({ protocol: "riak", ports, inFlight: 3, valueBytes: 8, keys: 40, part: "fill" });
    expect(
      await until(
        () => nodes.status("n1"),
        ({ keys }) => keys >= before + 40,
      ),
    ).toMatchObject({ keys: before + 40 });
  });

  it("ends with what it was told where a put is refused", async () => {
    const tooLarge = { ...job, ports, kind: "put", valueBytes: 60 * 2 ** 20, inFlight: 1 } as const;
    await expect(turnLoad(tooLarge)).rejects.toThrow(/closed|message 0/);
  });
});
