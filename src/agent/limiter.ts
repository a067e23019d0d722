/** Limits of processor time and memory, so that whatever happens in between, the original values are written down and come back exactly. */
import { type Texts, limitFiles, limitedTexts, madeTexts, writesBetween } from "../chaos/cgroup.js";
import type { Limits } from "../chaos/desired-state.js";
import { anyProcess, noteLimited, noteUnlimited } from "../chaos/ledger.js";
import { DeviousError, messageOf } from "../core/errors.js";
import { formatBytes } from "../core/quantity.js";
import { type ControlGroups, isGone } from "./control-groups.js";
import type { NodeEngine } from "./engine.js";
import type { LedgerStore } from "./ledger-store.js";
import type { Rules } from "./tools.js";

export interface Limiter {
  /** True where nothing is limited and nothing is to be: then {@link settle} has nothing to do. */
  isIdle(node: string, limits: Limits): boolean;
  /** Brings the node's process (container and process number) to these limits, and reads them back. Gives what was written. */
  settle(node: string, process: string, limits: Limits): Promise<Rules>;
  /** The process that was limited; undefined where none was, or nobody knows which. */
  heldProcess(node: string): string | undefined;
  /** The node does not run: its control group went with its process. */
  forget(node: string): Promise<void>;
}

export function createLimiter(groups: ControlGroups, store: LedgerStore, engine: Pick<NodeEngine, "madeWith">): Limiter {
  const heldOf = (node: string) => store.value.limited[node];

  async function forget(node: string): Promise<void> {
    if (heldOf(node) !== undefined) await store.release((ledger) => ({ ledger: noteUnlimited(ledger, node) }));
  }

  /** Undefined where the process is gone: its number may be a stranger's by now, whose group does not bear the container's name. */
  async function membershipOf(process: string): Promise<string | undefined> {
    const [id = "", pid] = process.split(" ");
    const membership = await groups.membershipOf(Number(pid));
    return membership?.includes(id) === true ? membership : undefined;
  }

  /**
   * True where something of ours may be in the group of this process that is in no note: after a lost ledger, and where a note is of another
   * run, because all runs of a container have a group of the same name, and what was meant for the one may have met the next.
   */
  function isDoubtful(node: string, process: string): boolean {
    const held = heldOf(node);
    return held === undefined ? store.value.lost : held.process !== process;
  }

  /** What the engine wrote to those files that are there, whatever they say now. */
  async function madeOriginals(process: string, membership: string): Promise<Texts> {
    const [id = ""] = process.split(" ");
    const made = await engine.madeWith(id);
    const files = limitFiles(membership, { cpus: 1, memoryBytes: 1 }).map(({ path }) => path);
    return made === undefined ? {} : madeTexts(Object.keys(await read(files)), made);
  }

  /** What the files said before we wrote to them, on disk before we do. */
  async function originalsOf(node: string, process: string, membership: string, limits: Limits): Promise<Texts> {
    const held = heldOf(node);
    const known = isDoubtful(node, process) ? await madeOriginals(process, membership) : (held?.originals ?? {});
    const added: Record<string, string> = {};
    for (const { path, optional } of limitFiles(membership, limits)) {
      if (path in known) continue;
      const text = await groups.read(path);
      if (text !== undefined) added[path] = text;
      else if (!optional) throw noGroup(node, path);
    }
    const originals = { ...known, ...added };
    if (Object.keys(originals).length === 0) {
      if (isUnlimited(limits)) return {};
      throw noGroup(node, "cpu or memory");
    }
    // where all is taken back, the note that there is will do until that is done: a full disk must not stand in the way
    if (!isUnlimited(limits) && (Object.keys(added).length > 0 || held?.process !== process)) {
      await store.admit((ledger) => ({ ledger: noteLimited(ledger, node, { process, originals }) }));
    }
    return originals;
  }

  /** Only files that are there; of an ended process, none. */
  async function read(paths: readonly string[]): Promise<Texts> {
    const texts = await Promise.all(paths.map(async (path) => [path, await groups.read(path)] as const));
    return Object.fromEntries(texts.flatMap(([path, text]) => (text === undefined ? [] : [[path, text]])));
  }

  async function write(node: string, current: Texts, wanted: Texts, limits: Limits): Promise<Rules> {
    const writes = writesBetween(current, only(wanted, current));
    for (const [path, text] of writes) {
      try {
        await groups.write(path, text);
      } catch (error) {
        if (!isGone(error)) throw refusal(node, path, limits, error);
      }
    }
    const after = await read(Object.keys(current));
    const [left] = writesBetween(after, only(wanted, after));
    if (left !== undefined) {
      const [path, text] = left;
      throw new DeviousError("FAULT_NOT_APPLIED", `Read back from ${node}: ${path} is ${after[path]}, not ${text}.`);
    }
    return writes.length === 0 ? [] : [{ tool: "cgroup", rules: writes.map(([path, text]) => `${path} ${text}\n`).join("") }];
  }

  return {
    isIdle: (node, limits) => isUnlimited(limits) && heldOf(node) === undefined,
    heldProcess(node) {
      const process = heldOf(node)?.process;
      return process === anyProcess ? undefined : process;
    },
    forget,
    async settle(node, process, limits) {
      const membership = await membershipOf(process);
      // the note stays: the next run may have been written to
      if (membership === undefined && isUnlimited(limits)) return [];
      if (membership === undefined) throw noGroup(node, "the process");
      const originals = await originalsOf(node, process, membership, limits);
      const current = await read(Object.keys(originals));
      // the disk may have taken its time
      if ((await membershipOf(process)) === undefined) throw noGroup(node, "the process");
      const rules = await write(node, current, limitedTexts(originals, limits), limits);
      if (isUnlimited(limits)) await forget(node);
      return rules;
    },
  };
}

/** The texts of those files that are there. */
function only(texts: Texts, there: Texts): Texts {
  return Object.fromEntries(Object.entries(texts).filter(([path]) => path in there));
}

function isUnlimited({ cpus, memoryBytes }: Limits): boolean {
  return cpus === null && memoryBytes === null;
}

function noGroup(node: string, what: string): DeviousError {
  return new DeviousError("FAULT_NOT_APPLIED", `The control group of ${node} (${what}) was not found on the engine's host.`, {
    hint: "Limits need control groups that the engine gives its containers; `devious doctor` shows what there is.",
  });
}

function refusal(node: string, path: string, { memoryBytes }: Limits, error: unknown): DeviousError {
  const code = (error as NodeJS.ErrnoException).code ?? "";
  const options = { cause: error, details: [`${path}: ${messageOf(error)}`] };
  if (code === "EBUSY" && memoryBytes !== null) {
    return new DeviousError(
      "FAULT_NOT_APPLIED",
      `${node} uses more than ${formatBytes(memoryBytes)} of memory, and the kernel cannot take it away.`,
      { ...options, hint: "Ask for a limit above what it uses." },
    );
  }
  if (["EROFS", "EACCES", "EPERM"].includes(code)) {
    return new DeviousError(
      "FAULT_NOT_APPLIED",
      `The agent may not write to the control group of ${node}, so it cannot be limited.`,
      {
        ...options,
        hint: "A rootless engine leaves control groups to its host: limits need an engine that runs as root.",
      },
    );
  }
  return new DeviousError("FAULT_NOT_APPLIED", `The kernel refused a limit of ${node}: ${messageOf(error)}.`, options);
}
