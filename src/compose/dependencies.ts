/** What the services of a spec wait for: of what compose says, that which is there. */
import type { Wait } from "./depends-on.js";
import type { Telling } from "./reading.js";
import type { WrittenCondition } from "./written.js";

/** A service that is taken over, as far as others wait for it. */
export interface Awaited {
  /** As compose calls it. */
  readonly name: string;
  readonly waits: readonly Wait[];
  readonly restart: string | undefined;
}

/** `own`: what services are called in the spec, those that are taken over; `all`: all that the file has. Undefined where it waits for nobody. */
export function dependenciesOf(
  { name, waits }: Awaited,
  services: ReadonlyMap<string, Awaited>,
  own: ReadonlyMap<string, string>,
  all: ReadonlySet<string>,
  telling: Telling,
): Readonly<Record<string, WrittenCondition>> | undefined {
  const kept = waits.flatMap((wait): readonly (readonly [string, WrittenCondition])[] => {
    const { service, condition, required, at } = wait;
    const what = `services.${name}.depends_on.${service}`;
    const other = services.get(service);
    if (!all.has(service) && required) telling.problem(at, `${what}: there is no service "${service}"`);
    else if (other === undefined) telling.notice(at, `${what} is left out, as ${service} is`);
    else if (service === name) telling.problem(at, `${what}: no service can wait for itself`);
    else if (waitsFor(other, name, services))
      telling.problem(at, `${what}: ${service} waits for ${name} too, so neither could start`);
    else {
      if (!required) telling.notice(at, `${what}: it is waited for although it is not required`);
      if (condition !== "completed" || !/^(?:always|unless-stopped)/.test(other.restart ?? ""))
        return [[own.get(service) ?? service, condition]];
      telling.notice(at, `${what}: only waits for its start: it never ends, as restart: ${other.restart ?? ""} starts it again`);
      return [[own.get(service) ?? service, "started"]];
    }
    return [];
  });
  return kept.length === 0 ? undefined : Object.fromEntries(kept);
}

/** Whether one service waits for another, be it by way of others. */
function waitsFor({ waits }: Awaited, name: string, services: ReadonlyMap<string, Awaited>): boolean {
  const seen = new Set<string>();
  const ahead = waits.map(({ service }) => service);
  for (const service of ahead) {
    if (service === name) return true;
    if (seen.has(service)) continue;
    seen.add(service);
    ahead.push(...(services.get(service)?.waits ?? []).map((wait) => wait.service));
  }
  return false;
}
