/** How many nodes there are, what they may use, and whether they are started again. */
import { nodesMax } from "../spec/cluster-spec.js";
import { tellFates, tellOthers } from "./fates.js";
import { deployKeys } from "./keys.js";
import { bytesAt, writtenBytes } from "./quantities.js";
import { isNothing, mappingAt, numberAt, textAt } from "./reading.js";
import type { Reading } from "./reading.js";
import type { Entry, MappingTree } from "./tree.js";
import { said } from "./written.js";
import type { WrittenService } from "./written.js";

type Entries = MappingTree["entries"];
const nothing: Entries = new Map();

export interface Deployed extends Pick<WrittenService, "nodes" | "cpus" | "memory" | "restart"> {
  /** 0: the service is there for its name only. */
  readonly nodes: number;
}

export function deployedAt(entries: Entries, path: string, reading: Reading): Deployed {
  const { telling } = reading;
  const deploy = mappingIn(entries, "deploy", path, reading);
  tellFates(deploy, deployKeys, `${path}.deploy`, telling);
  const resources = mappingIn(deploy, "resources", `${path}.deploy`, reading);
  tellOthers(resources, ["limits"], `${path}.deploy.resources`, "only limits are known", telling);
  const limits = mappingIn(resources, "limits", `${path}.deploy.resources`, reading);
  tellOthers(limits, ["cpus", "memory"], `${path}.deploy.resources.limits`, "there are cpus and memory", telling);
  return said({
    nodes: nodesOf(deploy.get("replicas") ?? entries.get("scale"), path, reading),
    cpus: cpusOf(limits.get("cpus") ?? entries.get("cpus"), path, reading),
    memory: memoryOf(limits.get("memory") ?? entries.get("mem_limit"), path, reading),
    restart: restartOf(entries.get("restart"), path, reading) ?? policyOf(deploy, path, reading),
  });
}

function mappingIn(entries: Entries, key: string, path: string, reading: Reading): Entries {
  const entry = entries.get(key);
  return entry === undefined ? nothing : mappingAt(entry.value, `${path}.${key}`, reading);
}

function nodesOf(entry: Entry | undefined, path: string, reading: Reading): number {
  if (entry === undefined || isNothing(entry.value)) return 1;
  const { telling } = reading;
  const number = numberAt(entry.value, `${path}: replicas`, reading) ?? 1;
  if (!Number.isInteger(number) || number < 0) {
    telling.problem(entry.value.at, `${path}: replicas must be a whole number, not ${number}`);
    return 1;
  }
  if (number > nodesMax) telling.notice(entry.at, `${path} has ${nodesMax} nodes instead of ${number}: more are not possible`);
  return Math.min(number, nodesMax);
}

/** All of the machine is 0 in compose. */
function cpusOf(entry: Entry | undefined, path: string, reading: Reading): number | undefined {
  if (entry === undefined || isNothing(entry.value)) return undefined;
  const cpus = numberAt(entry.value, `${path}: cpus`, reading);
  if (cpus !== undefined && cpus < 0) reading.telling.problem(entry.value.at, `${path}: cpus must not be negative`);
  return cpus !== undefined && cpus > 0 ? cpus : undefined;
}

function memoryOf(entry: Entry | undefined, path: string, reading: Reading): string | undefined {
  if (entry === undefined || isNothing(entry.value)) return undefined;
  const bytes = bytesAt(entry.value, `${path}: memory`, reading);
  return bytes === undefined || bytes === 0 ? undefined : writtenBytes(bytes);
}

function restartOf(entry: Entry | undefined, path: string, reading: Reading): string | undefined {
  if (entry === undefined || isNothing(entry.value)) return undefined;
  // YAML 1.1 reads no as false
  const text =
    entry.value.kind === "scalar" && entry.value.value === false ? "no" : textAt(entry.value, `${path}.restart`, reading);
  if (text === undefined || /^(?:no|always|unless-stopped|on-failure(?::[1-9]\d{0,8})?)$/.test(text)) return text;
  if (text === "on-failure:0") return "on-failure";
  reading.telling.problem(
    entry.value.at,
    `${path}.restart must be no, always, unless-stopped, on-failure or on-failure:3, not ${JSON.stringify(text)}`,
  );
  return undefined;
}

function policyOf(deploy: Entries, path: string, reading: Reading): string | undefined {
  const what = `${path}.deploy.restart_policy`;
  if (!deploy.has("restart_policy")) return undefined;
  const policy = mappingIn(deploy, "restart_policy", `${path}.deploy`, reading);
  tellOthers(policy, ["condition", "max_attempts"], what, "the engine decides when", reading.telling);
  const conditionAt = policy.get("condition");
  const condition =
    conditionAt === undefined || isNothing(conditionAt.value) ? "any" : textAt(conditionAt.value, `${what}.condition`, reading);
  const attemptsAt = policy.get("max_attempts");
  const attempts =
    attemptsAt === undefined || isNothing(attemptsAt.value)
      ? undefined
      : numberAt(attemptsAt.value, `${what}.max_attempts`, reading);
  switch (condition) {
    case "none":
      return "no";
    case "on-failure":
      return attempts !== undefined && attempts >= 1 ? `on-failure:${Math.floor(attempts)}` : "on-failure";
    case "any":
    case "unless-stopped":
    case "always":
      if (attemptsAt !== undefined)
        reading.telling.notice(attemptsAt.at, `${what}.max_attempts is left out: only on-failure has a number`);
      return condition === "unless-stopped" ? condition : "always";
    case undefined:
      return undefined;
    default:
      reading.telling.problem(
        conditionAt?.value.at ?? { line: 1, column: 1 },
        `${what}.condition must be none, on-failure or any, not ${JSON.stringify(condition)}`,
      );
      return undefined;
  }
}
