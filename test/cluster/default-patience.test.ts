// Shows how long is waited for a cluster where nobody says it on the command line: as its services' `ready` and their order ask.
import { expect, test } from "vitest";
import { defaultPatienceMs } from "../../src/cluster/default-patience.js";
import { imageDefaults } from "../../src/spec/cluster-spec.js";
import type { ImageService } from "../../src/spec/cluster-spec.js";
import { readyDefaults } from "../../src/spec/own-image.js";
import type { Condition, ReadySpec } from "../../src/spec/own-image.js";

function service(
  name: string,
  ready: Partial<ReadySpec> | null,
  dependsOn: Readonly<Record<string, Condition>> = {},
): ImageService {
  const probe = { by: "tcp", port: 80 } as const;
  return {
    ...imageDefaults,
    name,
    image: "x",
    nodes: [`${name}-1`],
    zones: {},
    protect: [],
    ready: ready === null ? null : { ...readyDefaults, probe, ...ready },
    dependsOn: Object.entries(dependsOn).map(([other, condition]) => ({ service: other, condition })),
  };
}

const slow = service("db", { timeoutMs: 300_000 });

test.each<[string, readonly ImageService[], number]>([
  ["nobody says anything", [service("a", null), service("b", {}, { a: "ready" })], 60_000],
  ["shorter than usual", [service("a", { timeoutMs: 5000 })], 60_000],
  ["longer than usual", [slow, service("a", null)], 300_000],
  ["what waits for it", [slow, service("a", { timeoutMs: 90_000 }, { db: "ready" })], 390_000],
  ["what waits for its start only", [slow, service("a", { timeoutMs: 90_000 }, { db: "started" })], 300_000],
  ["what waits for one that says nothing", [service("a", null), service("b", { timeoutMs: 90_000 }, { a: "ready" })], 150_000],
  ["a start period", [service("a", { startPeriodMs: 120_000 })], 180_000],
])("%s", (_title, services, expected) => {
  expect(defaultPatienceMs({ services })).toBe(expected);
});
