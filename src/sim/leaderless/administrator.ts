import type { Prng } from "../../core/prng.js";
import type { RingCommand } from "../../core/ring-contract.js";
import { memberStatus, stagedChanges, type MemberStatus } from "../../store/leaderless/gossip/membership.js";
import type { Change } from "../../store/leaderless/ring/staged-plan.js";
import type { Timeline } from "../timeline.js";
import type { Trace } from "../trace.js";
import type { SimNode } from "./node.js";

/** What is to become of the members, in the words of the ring's operators. */
export type MemberChange =
  | { readonly kind: "join" | "leave"; readonly member: string }
  /** `member` leaves, and `by`, who was none, takes what it owns. */
  | { readonly kind: "replace"; readonly member: string; readonly by: string }
  /** `member` is lost with its disk, and others make its copies anew: those who are there, or `by`. */
  | { readonly kind: "force-remove"; readonly member: string }
  | { readonly kind: "force-replace"; readonly member: string; readonly by: string };

const lookMs = 500;

/** Somebody who changes the members, one change after the other: looks at the ring through any node, and stages and commits until it is as it shall be. */
export class Administrator {
  readonly #timeline: Timeline;
  readonly #prng: Prng;
  readonly #trace: Trace;
  readonly #nodes: ReadonlyMap<string, SimNode>;
  readonly #lose: (node: SimNode) => void;
  #left: readonly MemberChange[];

  constructor(
    timeline: Timeline,
    prng: Prng,
    trace: Trace,
    nodes: ReadonlyMap<string, SimNode>,
    lose: (node: SimNode) => void,
    changes: readonly MemberChange[],
  ) {
    this.#timeline = timeline;
    this.#prng = prng;
    this.#trace = trace;
    this.#nodes = nodes;
    this.#lose = lose;
    this.#left = changes;
  }

  get isDone(): boolean {
    return this.#left.length === 0;
  }

  /** Begins after so long. */
  start(afterMs: number): void {
    this.#timeline.after(afterMs, () => this.#look());
  }

  #look(): void {
    const [change, ...others] = this.#left;
    if (change === undefined) return;
    const isMade = this.#advance(change);
    if (isMade) {
      this.#trace.note(() => `${describe(change)} is done`);
      this.#left = others;
    }
    this.#timeline.after(lookMs * (0.5 + this.#prng.next()), () => this.#look());
  }

  /** Does what is next for this change; says whether it is made. */
  #advance(change: MemberChange): boolean {
    const newcomer = this.#nodes.get(change.kind === "join" ? change.member : "by" in change ? change.by : "");
    if (newcomer?.wasStarted === false) newcomer.start();
    const isForced = change.kind === "force-remove" || change.kind === "force-replace";
    const victim = isForced ? this.#nodes.get(change.member) : undefined;
    if (victim?.hasLeft === false) this.#lose(victim);
    const asked = this.#prng.pick([...this.#nodes.values()].filter((node) => node.wasStarted));
    if (asked.machine?.isReady !== true) return false;
    const { ring } = asked.machine.view.state;
    const status = memberStatus(ring, change.member);
    const isSettled = ring.plan === undefined;
    const byStatus = "by" in change ? memberStatus(ring, change.by) : undefined;
    if (isMade(change, status) && (byStatus === "valid" || !("by" in change))) return isSettled;
    if (!isSettled && !isForced) return false;
    const staged = stagedChanges(ring);
    if (staged.some((each) => isFor(change, each))) {
      this.#command(asked, { command: "commit" });
      // what somebody else has staged cannot be, or cannot be with this
      if (asked.wasRefused && this.#prng.chance(0.5)) this.#command(asked, { command: "clear" });
      return false;
    }
    const command = commandFor(change, status, byStatus);
    if (command !== undefined) this.#command(asked, command);
    // who was to take its place has joined by somebody else's plan
    return change.kind === "replace" && byStatus === "valid" && isSettled;
  }

  #command(asked: SimNode, command: RingCommand): void {
    this.#trace.note(() => `operator at ${asked.name}: ${JSON.stringify(command)}`);
    asked.input({ type: "command", id: 0, command });
  }
}

/** Whether this is staged for the change's sake: where something was in its way, one part of it at a time. */
function isFor(change: MemberChange, { kind, member }: Change): boolean {
  if (kind === "join" && "by" in change) return member === change.by;
  return member === change.member && (kind === change.kind || (change.kind === "force-replace" && kind === "force-remove"));
}

function isMade({ kind }: MemberChange, status: MemberStatus | undefined): boolean {
  if (kind === "join") return status === "valid";
  return status === "gone" || (status === "exiting" && !kind.startsWith("force"));
}

/** What brings the change about where nothing is staged; undefined: it is to be waited for. */
function commandFor(
  change: MemberChange,
  status: MemberStatus | undefined,
  byStatus: MemberStatus | undefined,
): RingCommand | undefined {
  const { kind, member } = change;
  switch (kind) {
    case "join":
      // whose join was in a plan that gave way, and who committed that has forgotten it
      return status === "joining" ? { command: "join", member } : undefined;
    case "leave":
      return status === "valid" ? { command: "leave", member } : undefined;
    case "replace":
    case "force-replace": {
      const isOut = status === "exiting" || status === "gone";
      // somebody else's plan has taken the one out, or the other one in
      if (isOut) return byStatus === "joining" ? { command: "join", member: change.by } : undefined;
      if (byStatus === "joining") return status === "valid" ? { command: kind, member, by: change.by } : forced(change);
      return byStatus === "valid" ? forced(change) : undefined;
    }
    case "force-remove":
      return { command: "force-remove", member };
  }
}

function forced({ kind, member }: MemberChange): RingCommand | undefined {
  return kind === "force-replace" ? { command: "force-remove", member } : undefined;
}

function describe(change: MemberChange): string {
  return `${change.kind} ${change.member}${"by" in change ? ` by ${change.by}` : ""}`;
}
