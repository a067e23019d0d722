/** A spec as people write it, as far as a compose file can ask for it; its keys are in the order in which they are written. */

export interface WrittenSpec {
  readonly name: string;
  readonly services: Readonly<Record<string, WrittenService>>;
}

export interface WrittenService {
  readonly image?: string;
  readonly build?: string | WrittenBuild;
  readonly pull?: "always" | "never";
  readonly nodes: number;
  readonly entrypoint?: string | readonly string[];
  readonly command?: string | readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly env_file?: string | readonly string[];
  readonly ports?: readonly (number | string)[];
  readonly volumes?: readonly WrittenVolume[];
  readonly files?: Readonly<Record<string, WrittenFile>>;
  readonly depends_on?: Readonly<Record<string, WrittenCondition>>;
  readonly ready?: WrittenReady;
  readonly restart?: string;
  readonly user?: string;
  readonly cap_add?: readonly string[];
  readonly ulimits?: Readonly<Record<string, WrittenUlimit>>;
  readonly cpus?: number;
  readonly memory?: string;
  readonly stop_grace?: string;
  readonly labels?: Readonly<Record<string, string>>;
}

export interface WrittenBuild {
  readonly context: string;
  readonly dockerfile?: string;
  readonly args?: Readonly<Record<string, string>>;
  readonly target?: string;
}

export type WrittenVolume =
  | string
  | {
      readonly type: "volume";
      readonly source: string;
      readonly target: string;
      readonly shared?: true;
      readonly read_only?: true;
    }
  | { readonly type: "bind"; readonly source: string; readonly target: string; readonly read_only?: true }
  | { readonly type: "tmpfs"; readonly target: string; readonly size?: string };

export type WrittenFile = string | { readonly content: string; readonly mode: string };
export type WrittenCondition = "started" | "ready" | "completed";
export type WrittenUlimit = number | { readonly soft: number; readonly hard: number };

export interface WrittenReady {
  readonly exec: readonly string[];
  readonly interval?: string;
  readonly attempt_timeout?: string;
  readonly retries?: number;
  readonly start_period?: string;
}

/** In the order in which people read them. */
const keysInOrder = [
  "image",
  "build",
  "pull",
  "nodes",
  "entrypoint",
  "command",
  "environment",
  "env_file",
  "ports",
  "volumes",
  "files",
  "depends_on",
  "ready",
  "restart",
  "user",
  "cap_add",
  "ulimits",
  "cpus",
  "memory",
  "stop_grace",
  "labels",
] as const satisfies readonly (keyof WrittenService)[];

export function inOrderOfKeys(service: WrittenService): WrittenService {
  const all = keysInOrder.map((key) => [key, service[key]] as const);
  return Object.fromEntries(all.filter(([, value]) => value !== undefined)) as unknown as WrittenService;
}

type Said<T> = { readonly [K in keyof T as undefined extends T[K] ? never : K]: T[K] } & {
  readonly [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined>;
};

/** An object without the keys that have no value. */
export function said<const T extends object>(values: T): Said<T> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Said<T>;
}
