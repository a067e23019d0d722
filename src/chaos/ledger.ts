/** The active faults, as a value. What is not in the ledger must not be in the cluster; every function returns a new ledger. */
import { type ActiveFault, type Fault, bringsDown, concerns, isMomentary } from "./fault.js";
import { type CutTool, type HealTarget, cutTools } from "./protocol.js";
import { type StandingLink, asActive } from "./standing-link.js";

export interface Ledger {
  /** Number of the next fault: ids are never given twice. */
  readonly nextNumber: number;
  /** Oldest first. */
  readonly faults: readonly ActiveFault[];
  /** What the spec wants of links, besides all faults; null: nobody ever asked for any, so that none need to be taken away either. */
  readonly links: readonly StandingLink[] | null;
  /**
   * Node -> the container that we froze. Written before it is frozen and removed after it thawed, so that after a crash we thaw what
   * is ours and never what somebody paused by hand.
   */
  readonly frozen: Readonly<Record<string, string>>;
  /** Node -> what we brought down, kept in the same way: what has to be started again, and nothing else. */
  readonly downed: Readonly<Record<string, Downed>>;
  /** Node -> what its control group said before we limited it. */
  readonly limited: Readonly<Record<string, Limited>>;
  /** Node -> the process, as in {@link Limited}, whose store was told to make troubles for itself. */
  readonly hooked: Readonly<Record<string, string>>;
  /** Every tool that links of this cluster were ever cut with. What one has cut another cannot heal. */
  readonly cutTools: readonly CutTool[];
  /** Something was done by faults that nobody knows any more, and no node has been asked about it: see {@link suspect}. */
  readonly lost: boolean;
}

/** A container that is owed its start. */
export interface Downed {
  readonly containerId: string;
  /**
   * Its first process when it was told to end, in the host's numbering: as long as that one lives, it may end any time. Null where none ran.
   */
  readonly pid: number | null;
}

/** A control group belongs to one run of a container: the next run starts with its own. */
export interface Limited {
  /** Container and process; {@link anyProcess} where the originals are unknown, and are what the container was made with. */
  readonly process: string;
  /** File of the control group -> its text before. */
  readonly originals: Readonly<Record<string, string>>;
}

export const emptyLedger: Ledger = {
  nextNumber: 1,
  faults: [],
  links: null,
  frozen: {},
  downed: {},
  limited: {},
  hooked: {},
  cutTools: [],
  lost: false,
};

/** In place of a ledger that cannot be read: there was a fault, and anything may have been done, by any tool. */
export const lostLedger: Ledger = { ...emptyLedger, nextNumber: 2, cutTools, lost: true };

/** A node as it is found: the little of a container that says what may have been done to it. */
export interface Suspect {
  readonly node: string;
  readonly id: string;
  readonly state: "created" | "running" | "paused" | "stopped";
}

/**
 * In place of what was lost, a note of everything that may have been done to these, which are all nodes. Each note stays until it is
 * undone, however often the agent ends before.
 */
export function suspect(ledger: Ledger, nodes: readonly Suspect[]): Ledger {
  const noted = <T>(record: Readonly<Record<string, T>>, who: readonly Suspect[], note: (node: Suspect) => T) => ({
    ...Object.fromEntries(who.map((each) => [each.node, note(each)])),
    ...record,
  });
  const inState = (state: Suspect["state"]) => nodes.filter((each) => each.state === state);
  return {
    ...ledger,
    frozen: noted(ledger.frozen, inState("paused"), ({ id }) => id),
    downed: noted(ledger.downed, inState("stopped"), ({ id }) => ({ containerId: id, pid: null })),
    limited: noted(ledger.limited, nodes, () => ({ process: anyProcess, originals: {} })),
    hooked: { ...ledger.hooked, ...Object.fromEntries(nodes.map(({ node }) => [node, anyProcess])) },
    lost: false,
  };
}

/** Whether anything was ever done to a node: by a fault, or for the links of the spec. */
export function wasTouched({ nextNumber, links }: Ledger): boolean {
  return nextNumber > 1 || links !== null;
}

/** All that is done to nodes and links: the faults, and the links of the spec as if they were some. */
export function inForce({ faults, links }: Pick<Ledger, "faults" | "links">): readonly ActiveFault[] {
  return [...(links ?? []).map(asActive), ...faults];
}

/** The ledger with one more fault, and the fault as it stands in it. `durationMs` null: until healed. */
export function add(
  ledger: Ledger,
  fault: Fault,
  nowMs: number,
  durationMs: number | null,
  seed: number | null = null,
): { ledger: Ledger; added: ActiveFault } {
  const added: ActiveFault = {
    id: `f${ledger.nextNumber}`,
    fault,
    startedAtMs: nowMs,
    deadlineMs: durationMs === null ? null : nowMs + durationMs,
    seed,
  };
  return { ledger: { ...ledger, nextNumber: ledger.nextNumber + 1, faults: [...ledger.faults, added] }, added };
}

/** The ledger without the faults meant, and those faults. */
export function heal(ledger: Ledger, what: HealTarget): { ledger: Ledger; healed: readonly ActiveFault[] } {
  return drop(ledger, (active) => isMeant(active, what));
}

/** The ledger without the faults that are over as soon as they are done: found at the agent's start, they were cut short. */
export function endMomentary(ledger: Ledger): { ledger: Ledger; healed: readonly ActiveFault[] } {
  return drop(ledger, ({ fault }) => isMomentary(fault));
}

/**
 * The ledger in which nothing keeps these nodes down any more: faults that did are `healed` where no node of theirs is left, and
 * `narrowed`, given as they are now, where others are.
 */
export function letRun(
  ledger: Ledger,
  nodes: readonly string[],
): { ledger: Ledger; healed: readonly ActiveFault[]; narrowed: readonly ActiveFault[] } {
  const healed: ActiveFault[] = [];
  const narrowed: ActiveFault[] = [];
  const faults = ledger.faults.flatMap((active) => {
    const { fault } = active;
    if (!bringsDown(fault) || !fault.nodes.some((node) => nodes.includes(node))) return [active];
    const left = fault.nodes.filter((node) => !nodes.includes(node));
    if (left.length === 0) {
      healed.push(active);
      return [];
    }
    const smaller = { ...active, fault: { ...fault, nodes: left } };
    narrowed.push(smaller);
    return [smaller];
  });
  return { ledger: { ...ledger, faults }, healed, narrowed };
}

/** When a fault ends by itself, on the wall clock; null: when somebody heals it. */
export type DeadlineOf = (active: ActiveFault) => number | null;

const asWritten: DeadlineOf = ({ deadlineMs }) => deadlineMs;

/** The ledger without the faults whose time is up. */
export function expire(
  ledger: Ledger,
  nowMs: number,
  deadlineOf = asWritten,
): { ledger: Ledger; healed: readonly ActiveFault[] } {
  return drop(ledger, (active) => (deadlineOf(active) ?? Infinity) <= nowMs);
}

/** When the next fault ends by itself; undefined where none does. */
export function nextDeadlineMs(ledger: Ledger, deadlineOf = asWritten): number | undefined {
  const deadlines = ledger.faults.flatMap((active) => deadlineOf(active) ?? []);
  return deadlines.length === 0 ? undefined : Math.min(...deadlines);
}

/** True for an id that this ledger has given at some time, whether the fault is still active or not. */
export function wasGiven(ledger: Ledger, id: string): boolean {
  const number = /^f([1-9]\d*)$/.exec(id)?.[1];
  return number !== undefined && Number(number) < ledger.nextNumber;
}

export function freeze(ledger: Ledger, node: string, containerId: string): Ledger {
  return { ...ledger, frozen: { ...ledger.frozen, [node]: containerId } };
}

export function thaw(ledger: Ledger, node: string): Ledger {
  return { ...ledger, frozen: without(ledger.frozen, node) };
}

export function noteDown(ledger: Ledger, node: string, downed: Downed): Ledger {
  return { ...ledger, downed: { ...ledger.downed, [node]: downed } };
}

export function noteUp(ledger: Ledger, node: string): Ledger {
  return { ...ledger, downed: without(ledger.downed, node) };
}

export function noteLimited(ledger: Ledger, node: string, limited: Limited): Ledger {
  return { ...ledger, limited: { ...ledger.limited, [node]: limited } };
}

export function noteUnlimited(ledger: Ledger, node: string): Ledger {
  return { ...ledger, limited: without(ledger.limited, node) };
}

/** In place of a process, where nobody knows which of them was told anything. */
export const anyProcess = "any";

export function noteHooked(ledger: Ledger, node: string, process: string): Ledger {
  return { ...ledger, hooked: { ...ledger.hooked, [node]: process } };
}

export function noteUnhooked(ledger: Ledger, node: string): Ledger {
  return { ...ledger, hooked: without(ledger.hooked, node) };
}

export function cutWith(ledger: Ledger, tool: CutTool): Ledger {
  return ledger.cutTools.includes(tool) ? ledger : { ...ledger, cutTools: [...ledger.cutTools, tool] };
}

function without<T>(record: Readonly<Record<string, T>>, name: string): Readonly<Record<string, T>> {
  return Object.fromEntries(Object.entries(record).filter(([each]) => each !== name));
}

function drop(ledger: Ledger, leaves: (active: ActiveFault) => boolean): { ledger: Ledger; healed: readonly ActiveFault[] } {
  const healed = ledger.faults.filter(leaves);
  return { ledger: { ...ledger, faults: ledger.faults.filter((active) => !leaves(active)) }, healed };
}

function isMeant(active: ActiveFault, what: HealTarget): boolean {
  switch (what.by) {
    case "all":
      return true;
    case "id":
      return active.id === what.id;
    case "node":
      return concerns(active.fault, what.node);
  }
}
