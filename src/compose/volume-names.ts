/** What volumes are called, and which of them nodes have together. */
import { tellOthers } from "./fates.js";
import type { Mount } from "./mounts.js";
import { isNothing, mappingAt } from "./reading.js";
import type { Reading } from "./reading.js";
import type { Entry } from "./tree.js";

export interface Volume {
  readonly name: string;
  readonly shared: boolean;
}

export interface Volumes {
  readonly named: (name: string) => Volume;
  /** One that has no name, mounted there. */
  readonly nameless: (target: string) => string;
}

interface User {
  readonly name: string;
  readonly nodes: number;
  readonly mounts: readonly Mount[];
}

/** `entry`: what the file as a whole says of volumes. */
export function volumesOf(entry: Entry | undefined, users: readonly User[], reading: Reading): Volumes {
  const declared = entry === undefined ? new Map<string, Entry>() : mappingAt(entry.value, "volumes", reading);
  for (const [name, { value }] of declared) tellOptions(value, `volumes.${name}`, reading);
  const nodes = new Map<string, number>();
  for (const { name: service, nodes: count, mounts } of users) {
    for (const name of new Set(mounts.flatMap((mount) => (mount.type === "volume" ? (mount.name ?? []) : [])))) {
      nodes.set(name, (nodes.get(name) ?? 0) + count);
      const at = mounts.find((mount) => mount.type === "volume" && mount.name === name)?.at;
      if (at !== undefined && !declared.has(name))
        reading.telling.problem(at, `services.${service}.volumes: there is no "${name}" in volumes of the file`);
    }
  }
  const names = new Map<string, string>();
  const taken = new Set<string>();
  for (const name of nodes.keys()) {
    const own = freeName(name, taken);
    taken.add(own);
    names.set(name, own);
  }
  return {
    named: (name) => ({ name: names.get(name) ?? name, shared: (nodes.get(name) ?? 1) > 1 }),
    nameless: (target) => freeName(target, taken),
  };
}

function tellOptions(value: Entry["value"], what: string, reading: Reading): void {
  const options = isNothing(value) ? new Map<string, Entry>() : mappingAt(value, what, reading);
  const driver = options.get("driver")?.value;
  const isLocal = driver?.kind === "scalar" && driver.value === "local" && !options.has("driver_opts");
  tellOthers(options, isLocal ? ["driver"] : [], what, "the volume is made, empty, and named by devious", reading.telling);
}

/** As a spec has names of volumes: the same wherever it can be. */
function freeName(wanted: string, taken: ReadonlySet<string>): string {
  const plain = wanted
    .replace(/[^A-Za-z0-9_-]+/g, "-")
    .replace(/^[^A-Za-z0-9]+/, "")
    .slice(0, 36)
    .replace(/-+$/, "");
  const base = wanted.length <= 40 && /^[A-Za-z0-9][\w-]*$/.test(wanted) ? wanted : plain;
  const first = base === "" || base === "shared" ? "volume" : base;
  for (let i = 2, name = first; ; i++) {
    if (!taken.has(name)) return name;
    name = `${first.slice(0, 36)}-${i}`;
  }
}
