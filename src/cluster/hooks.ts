/** Commands of the user's beside a cluster's life: once `up` has made it ready, and before `down` removes it. */
import { setTimeout as sleep } from "node:timers/promises";
import { formatDuration } from "../core/duration.js";
import { DeviousError, messageOf } from "../core/errors.js";
import { label } from "../core/labels.js";
import { maskText } from "../core/secrets.js";
import type { Containers, Exec } from "../engine/port.js";
import type { Hook } from "../spec/own-image.js";
import { endpointVariables } from "./endpoint-variables.js";
import { nodeContainerName } from "./names.js";
import type { NodeContainer } from "./observe.js";
import type { NodeStatus } from "./status.js";

/** What hooks of one cluster have in common. */
export interface HookPlace {
  readonly cluster: string;
  /** Folder of its spec, in which those on this machine run. */
  readonly folder: string;
  readonly nodes: readonly Pick<NodeStatus, "node" | "address" | "ports">[];
  /** For each. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

export type HookEngine = Pick<Exec & Containers, "exec">;

/** Names it in sentences and steps: `./seed.sh here`, `redis-cli ping in cache-1`. */
export function describeHook(hook: Hook): string {
  return `\`${maskText(hook.command.join(" "))}\` ${hook.on === "host" ? "on this machine" : `in ${hook.node}`}`;
}

/** Enough for a stack trace. */
const lastLines = 15;
/** Of what it says; it may say more than memory holds. */
const keptBytes = 2 ** 16;

class SaidLast {
  #bytes: Uint8Array = new Uint8Array();

  add(piece: Uint8Array): void {
    this.#bytes = Buffer.concat([this.#bytes, piece]).subarray(-keptBytes);
  }

  lines(): readonly string[] {
    const lines = Buffer.from(this.#bytes).toString("utf8").trimEnd().split("\n");
    return lines.filter((line) => line !== "").slice(-lastLines);
  }
}

/** Runs it to its end. Throws HOOK_FAILED with what it said last. */
export async function runHook(engine: HookEngine, service: string, hook: Hook, place: HookPlace): Promise<void> {
  const said = new SaidLast();
  const how = await (hook.on === "host" ? onHost(hook.command, place, said) : inNode(engine, hook, place, said));
  place.signal.throwIfAborted();
  if (how === undefined) return;
  throw new DeviousError("HOOK_FAILED", `The hook ${describeHook(hook)} of ${service} ${how}.`, {
    details: said.lines(),
    hint: "`hooks` of its service in the spec say what is run.",
  });
}

/** How it failed; undefined where it did not. */
async function onHost(
  [program = "", ...words]: readonly string[],
  { cluster, folder, nodes, timeoutMs, signal }: HookPlace,
  said: SaidLast,
): Promise<string | undefined> {
  const { execa } = await import("execa");
  const running = execa(program, words, {
    cwd: folder,
    env: endpointVariables(cluster, nodes),
    stdin: "ignore",
    encoding: "buffer",
    all: true,
    buffer: false,
    reject: false,
    timeout: timeoutMs,
    cancelSignal: signal,
  });
  running.all.on("data", (chunk: Buffer) => said.add(chunk));
  const { failed, exitCode, timedOut, signal: endedBy, shortMessage, code } = await running;
  if (!failed) return undefined;
  if (timedOut) return `had not ended after ${formatDuration(timeoutMs)}`;
  if (code === "ENOENT") return "cannot be run: there is no such command";
  if (code === "EACCES") return "cannot be run: it may not be executed";
  if (exitCode !== undefined) return `ended with exit code ${exitCode}`;
  return endedBy === undefined ? `failed: ${shortMessage}` : `was ended by ${endedBy}`;
}

/** One that takes too long is left to itself: the engine cannot end a command in a node. */
async function inNode(
  engine: HookEngine,
  { node, command }: Extract<Hook, { on: "node" }>,
  { cluster, timeoutMs, signal }: HookPlace,
  said: SaidLast,
): Promise<string | undefined> {
  const take = (chunk: Uint8Array): void => said.add(chunk);
  const ran = engine.exec(nodeContainerName(cluster, node), command, take, take).then(
    ({ exitCode }) => (exitCode === 0 ? undefined : `ended with exit code ${exitCode}`),
    (error: unknown) => `cannot be run: ${messageOf(error).replace(/\.$/, "")}`,
  );
  const timer = new AbortController();
  const late = sleep(timeoutMs, `had not ended after ${formatDuration(timeoutMs)}`, {
    signal: AbortSignal.any([timer.signal, signal]),
  }).catch(() => undefined);
  return Promise.race([ran, late]).finally(() => timer.abort());
}

/** What is to run before nodes are removed, as their labels say: once a service, whatever number of nodes it has. */
export function hooksBeforeDown(nodes: readonly NodeContainer[]): readonly { readonly service: string; readonly hook: Hook }[] {
  const texts = new Map<string, string>();
  for (const { service, labels } of nodes) {
    const text = labels[label.hooks];
    if (text !== undefined && !texts.has(service)) texts.set(service, text);
  }
  return [...texts].flatMap(([service, text]) => (JSON.parse(text) as readonly Hook[]).map((hook) => ({ service, hook })));
}
