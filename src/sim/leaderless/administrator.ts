import type { Prng } from "../../core/prng.js";
import type { RingCommand } from "../../core/ring-contract.js";
import { memberStatus, stagedChanges } from "../../store/leaderless/gossip/membership.js";
import type { Timeline } from "../timeline.js";
import type { Trace } from "../trace.js";
import type { SimNode } from "./node.js";

/** What is to become of the members, in the words of the ring's operators. */
export type MemberChange =
  | { readonly kind: "join" | "leave"; readonly member: string }
  /** `member` leaves, and `by`, who was none, takes what it owns. */
  | { readonly kind: "replace"; readonly member: string; readonly by: string };

const lookMs = 500;

/** Somebody who changes the members, one change after the other: looks at the ring through any node, and stages and commits until it is as it shall be. */
export class Administrator {
  readonly #timeline: Timeline;
  readonly #prng: Prng;
  readonly #trace: Trace;
  readonly #nodes: ReadonlyMap<string, SimNode>;
  #left: readonly MemberChange[];

  constructor(
    timeline: Timeline,
    prng: Prng,
    trace: Trace,
    nodes: ReadonlyMap<string, SimNode>,
    changes: readonly MemberChange[],
  ) {
    this.#timeline = timeline;
    this.#prng = prng;
    this.#trace = trace;
    this.#nodes = nodes;
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
    const newcomer = this.#nodes.get(change.kind === "join" ? change.member : change.kind === "replace" ? change.by : "");
    if (newcomer?.wasStarted === false) newcomer.start();
    const asked = this.#prng.pick([...this.#nodes.values()].filter((node) => node.wasStarted));
    if (asked.machine?.isReady !== true) return false;
    const { ring } = asked.machine.view.state;
    const status = memberStatus(ring, change.member);
    const isSettled = ring.plan === undefined;
    if (change.kind === "join" ? status === "valid" : status === "exiting" || status === "gone") return isSettled;
    // who was to take its place has joined by somebody else's plan
    if (change.kind === "replace" && memberStatus(ring, change.by) === "valid") return isSettled;
    if (!isSettled) return false;
    const staged = stagedChanges(ring);
    if (staged.some(({ kind, member }) => kind === change.kind && member === change.member)) {
      this.#command(asked, { command: "commit" });
      // what somebody else has staged cannot be, or cannot be with this
      if (asked.wasRefused && this.#prng.chance(0.5)) this.#command(asked, { command: "clear" });
    } else if (change.kind === "join" && status === "joining") {
      // whose join was in a plan that gave way, and who committed that has forgotten it
      this.#command(asked, { command: "join", member: change.member });
    } else if (change.kind === "leave" && status === "valid") {
      this.#command(asked, { command: "leave", member: change.member });
    } else if (change.kind === "replace" && status === "valid" && memberStatus(ring, change.by) === "joining") {
      this.#command(asked, { command: "replace", member: change.member, by: change.by });
    }
    return false;
  }

  #command(asked: SimNode, command: RingCommand): void {
    this.#trace.note(() => `operator at ${asked.name}: ${JSON.stringify(command)}`);
    asked.input({ type: "command", id: 0, command });
  }
}

function describe(change: MemberChange): string {
  return change.kind === "replace" ? `replace ${change.member} by ${change.by}` : `${change.kind} ${change.member}`;
}
