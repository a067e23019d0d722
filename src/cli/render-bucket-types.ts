import type { ChalkInstance } from "chalk";
import type { ClusterBucketType } from "../cluster/ring/bucket-types.js";
import { formatTable } from "./table.js";

/** What a type is, in a sentence. */
export function describeBucketType({ name, status, waitsFor, behind }: ClusterBucketType): string {
  const sentence = {
    created: `${name} is created, and waits until ${waitsFor.join(", ")} ${waitsFor.length === 1 ? "knows" : "know"} it`,
    ready: `${name} is ready, and serves clients once it is activated: devious bucket-type activate ${name}`,
    active: `${name} is active`,
  }[status];
  return behind.length === 0 ? sentence : `${sentence}; ${behind.join(", ")} ${behind.length === 1 ? "is" : "are"} behind`;
}

/** A sentence, and all its properties. */
export function renderBucketType(type: ClusterBucketType): string {
  const props = Object.entries(type.props).map(([name, value]) => `${name}: ${textOf(value)}`);
  return [describeBucketType(type), "", ...props].join("\n");
}

/** One row a type, with what it has otherwise than the default type. */
export function renderBucketTypes(types: readonly ClusterBucketType[], chalk: ChalkInstance): string {
  const usual = types.find(({ name }) => name === "default")?.props ?? {};
  const rows = types.map(({ name, status, waitsFor, behind, props }) => {
    const own = Object.entries(props).filter(([prop, value]) => textOf(value) !== textOf(usual[prop]));
    const late = [...new Set([...waitsFor, ...behind])].sort();
    return [
      name,
      status === "active" ? status : chalk.yellow(status),
      late.length === 0 ? "-" : chalk.yellow(late.join(",")),
      own.length === 0 ? "-" : own.map(([prop, value]) => `${prop}=${textOf(value)}`).join(" "),
    ];
  });
  return formatTable([["TYPE", "STATUS", "NOT YET AT", "PROPERTIES"].map((head) => chalk.bold(head)), ...rows]);
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}
