import { unreachable } from "../core/invariant.js";
import { planMemberChange, promotionOfReturned } from "./member-change.js";
import type { Leadership } from "./member-change.js";
import { Proposals } from "./proposals.js";
import { none } from "./raft/types.js";
import type { DropReason, Effects, Entry, Input } from "./raft/types.js";
import type { Applied } from "./replica.js";
import type { Op, Router } from "./router.js";

/** No request's number. */
const nobodys = 0;

export interface LeadingOptions {
  readonly input: (input: Input) => void;
  readonly router: Pick<Router, "settle" | "fail" | "moved" | "taken" | "refuse">;
  /** A quorum confirms, after the op came, that this member leads; it is to be answered once `index` is applied here. */
  readonly onConfirmed: (op: Op, index: number) => void;
  /** As of now. */
  readonly leadership: () => Leadership;
}

/** What this member does with requests as the leader: into the machine, and out of what it says and of what is applied. */
export class Leading {
  readonly #options: LeadingOptions;
  readonly #proposals = new Proposals<Op>();

  constructor(options: LeadingOptions) {
    this.#options = options;
  }

  lead(op: Op): void {
    const { input, router, leadership } = this.#options;
    switch (op.ask.type) {
      case "write":
        input({ type: "propose", id: this.#proposals.handIn(op), data: op.ask.entry });
        return;
      case "readIndex":
      case "keepAlive":
      case "timeToLive":
        input({ type: "readIndex", id: this.#proposals.handIn(op) });
        return;
      case "member": {
        const plan = planMemberChange(op.ask.change, leadership());
        if (plan.type === "refused") router.refuse(op, plan.failure);
        else if (plan.type === "stands") router.settle(op, { type: "memberChanged", member: plan.member, index: 0 });
        else input({ type: "proposeConf", id: this.#proposals.handIn(op), change: plan.change });
        return;
      }
      default:
        unreachable(op.ask);
    }
  }

  /** Nobody asks for it, so nobody waits for it: called again and again, until it is so. */
  promoteReturned(): void {
    const change = promotionOfReturned(this.#options.leadership());
    if (change !== undefined) this.#options.input({ type: "proposeConf", id: nobodys, change });
  }

  onProposed({ id, index, term }: Effects["proposed"][number]): void {
    const op = this.#proposals.take(id);
    if (op?.ask.type === "write") this.#options.router.taken(op, term);
    else if (op !== undefined) this.#proposals.place(op, index, term);
  }

  onDropped({ id, reason }: Effects["dropped"][number]): void {
    const op = this.#proposals.take(id);
    if (op !== undefined) this.#drop(op, reason);
  }

  onReadable({ id, index }: Effects["reads"][number]): void {
    const op = this.#proposals.take(id);
    if (op?.ask.type === "readIndex") this.#options.router.settle(op, { type: "readable", index });
    else if (op !== undefined) this.#options.onConfirmed(op, index);
  }

  /** `entry` was applied, and that is what it did. */
  onApplied({ index, term }: Entry, applied: Applied): void {
    const { own, lost } = this.#proposals.committed(index, term);
    for (const op of lost) this.#options.router.moved(op);
    if (own === undefined || applied.type !== "conf") return;
    this.#options.router.settle(own, { type: "memberChanged", member: applied.change.changes[0]?.member ?? none, index });
  }

  /** A snapshot brought everything up to `index`. */
  onRestored(index: number): void {
    for (const op of this.#proposals.skipTo(index)) {
      this.#options.router.fail(op, {
        kind: "indefinite",
        message: "a snapshot replaced the log; whether the request is in it cannot be told",
      });
    }
  }

  #drop(op: Op, reason: DropReason): void {
    const { router } = this.#options;
    switch (reason) {
      case "not-leader":
      case "no-quorum":
        router.moved(op);
        return;
      case "overloaded":
        router.refuse(op, {
          kind: "unavailable",
          message: "the leader has too much uncommitted work; try again later",
          error: "tooManyRequests",
        });
        return;
      case "conf-pending":
        router.refuse(op, {
          kind: "unavailable",
          message: "an earlier change of members is not finished; nothing was changed, try again",
          error: "unhealthy",
        });
        return;
      case "conf-invalid":
        router.refuse(op, {
          kind: "invalid",
          message: "the change would leave no legal set of members",
          error: "notEnoughStarted",
        });
        return;
      default:
        unreachable(reason);
    }
  }
}
