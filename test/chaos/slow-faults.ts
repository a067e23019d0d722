import fc from "fast-check";
import { type Impairment, distributions, problemsWithImpairment } from "../../src/chaos/impairment.js";
import type { SlowFault } from "../../src/chaos/slow.js";
import { type Traffic, traffic } from "../../src/chaos/traffic.js";

/** Values that are further apart than the kernel's rounding. */
const percent = fc.integer({ min: 1, max: 300 }).map((tenths) => tenths / 10);
const correlation = fc.integer({ min: 0, max: 100 });
const chance = fc.record({ percent, correlation });
const optional = <T>(values: fc.Arbitrary<T>) => fc.oneof(fc.constant(null), values);

/** Any that is right by itself. */
export const impairments: fc.Arbitrary<Impairment> = fc
  .record({
    delay: optional(
      fc
        .record({
          timeMs: fc.integer({ min: 1, max: 4000 }).map((tenths) => tenths / 10),
          jitter: fc.integer({ min: 0, max: 20 }),
          correlation,
          distribution: fc.constantFrom(...distributions),
        })
        .map(({ timeMs, jitter, ...rest }) => {
          const jitterMs = Math.floor((timeMs * jitter) / 2) / 10;
          return { ...rest, timeMs, jitterMs, correlation: jitterMs > 0 ? rest.correlation : 0 };
        }),
    ),
    loss: optional(
      fc.oneof(
        fc.record({ model: fc.constant("random" as const), percent, correlation }),
        fc.record({ model: fc.constant("gemodel" as const), p: percent, r: percent, oneMinusH: percent, oneMinusK: percent }),
        fc.record({ model: fc.constant("state" as const), p13: percent, p31: percent, p32: percent, p23: percent, p14: percent }),
      ),
    ),
    duplicate: optional(chance),
    corrupt: optional(chance),
    reorder: optional(fc.record({ percent, correlation, gap: fc.integer({ min: 1, max: 9 }) })),
    rate: optional(
      fc.record({
        bitsPerSecond: fc.integer({ min: 1, max: 1_000_000 }).map((kbit) => kbit * 1000),
        burstBytes: optional(fc.integer({ min: 1, max: 20 }).map((pages) => pages * 4096)),
      }),
    ),
  })
  .map((impairment) => ({ ...impairment, reorder: impairment.delay === null ? null : impairment.reorder }))
  .filter((impairment) => problemsWithImpairment(impairment).length === 0);

/** Few ports, so that faults meet. */
const traffics: fc.Arbitrary<Traffic> = fc.oneof(
  fc.constant(traffic(null, [])),
  fc.constantFrom("tcp", "udp", "icmp").map((protocol) => traffic(protocol, [])),
  fc
    .tuple(
      fc.constantFrom("tcp", "udp", null),
      fc.array(fc.constantFrom(53, 80, 2379, 2380, 65_535), { minLength: 1, maxLength: 3 }),
    )
    .map(([protocol, ports]) => traffic(protocol, ports)),
);

/** Faults on some of the links out of the first of these nodes. */
export function slowFaults(cluster: readonly string[]): fc.Arbitrary<SlowFault> {
  const [node = "", ...others] = cluster;
  return fc
    .record({
      peers: fc.oneof(fc.constant(others), fc.subarray(others), fc.subarray(others, { maxLength: 1 })),
      clients: fc.boolean(),
      fromClients: fc.boolean(),
      impairment: impairments,
      traffic: traffics,
    })
    .map(({ peers, clients, fromClients, ...rest }) => ({
      kind: "slow",
      nodes: [node],
      links: { [node]: { peers, clients, fromClients } },
      where: `${node} -> some`,
      ...rest,
    }));
}
