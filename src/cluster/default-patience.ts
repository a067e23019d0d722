import { isImage } from "../spec/cluster-spec.js";
import type { ClusterSpec, ServiceSpec } from "../spec/cluster-spec.js";

/** For nodes of which nobody says how long they take. */
const ordinaryMs = 60_000;

/**
 * How long to wait for a cluster where the user does not say: a minute, or as long as what a service's `ready` asks for takes once all that it
 * waits for has taken its own time.
 */
export function defaultPatienceMs({ services }: Pick<ClusterSpec, "services">): number {
  const find = (name: string): ServiceSpec | undefined => services.find((one) => one.name === name);
  const untilReadyMs = (service: ServiceSpec): number => {
    const before = service.dependsOn.flatMap(({ service: name, condition }) =>
      condition === "started" ? [] : (find(name) ?? []),
    );
    return Math.max(0, ...before.map(untilReadyMs)) + (askedMs(service) ?? ordinaryMs);
  };
  const asking = services.filter((service) => askedMs(service) !== undefined);
  return Math.max(ordinaryMs, ...asking.map(untilReadyMs));
}

/** Undefined: its spec does not say. A start period says only when its retries begin to count. */
function askedMs(service: ServiceSpec): number | undefined {
  if (!isImage(service) || service.ready === null) return undefined;
  const { timeoutMs, startPeriodMs } = service.ready;
  return timeoutMs ?? (startPeriodMs === 0 ? undefined : startPeriodMs + ordinaryMs);
}
