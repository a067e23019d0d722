import type { RingState } from "../gossip/cluster-state.js";
import { withProgress } from "../gossip/membership.js";
import type { Outgoing } from "../messages.js";
import { ringName } from "../ring/ring.js";
import { transferName, type Progress, type Transfer, type Transition } from "../ring/transfers.js";
import type { Place, Storage } from "../storage.js";
import { keysToMove, TransferRun, type PlacedKey } from "./transfer-run.js";

/** Home partitions on their way from this node to another member: all of them of one plan, told when the first begins and when the last is done. */
export interface HandoffEvent {
  readonly type: "handoffBegun" | "handoffDone";
  readonly to: string;
  readonly partitions: number;
  readonly keys: number;
}

export interface TransfersOptions {
  readonly self: string;
  readonly storage: Storage;
  readonly send: (message: Outgoing) => void;
  readonly newRequest: () => number;
  readonly isReachable: (member: string) => boolean;
  readonly nowMs: () => number;
  readonly tell: (event: HandoffEvent) => void;
  readonly changeRing: (change: (ring: RingState) => RingState) => void;
}

interface Sent {
  readonly run: TransferRun;
  readonly placed: PlacedKey;
  readonly bytes: number;
  readonly sentAtMs: number;
  /** Who waits for it to be there. */
  readonly waiting: (() => void)[];
}

/** All transfers of this plan to one member. */
interface Pair {
  readonly partitions: number;
  left: number;
  keys: number;
}

/** At one time. */
const runningMax = 8;
/** Keys on their way at one time, and bytes of them: clients come first. */
const underwayMax = 32;
const underwayBytesMax = 4 * 1024 * 1024;
const answerTimeoutMs = 2000;
const notReadyMs = 500;
/** Every change of the ring's state travels to every node, so that news of transfers are collected for some ticks; of those that only go on, longer. */
const tellTicks = 3;
const tellRunningTicks = 30;

/** Hands over what this node loses by the plan (ownership handoff): key by key by the message `write`, until all is on the new owners' disks. */
export class Transfers {
  readonly #options: TransfersOptions;
  #plan = "";
  #waiting: Transfer[] = [];
  readonly #running = new Map<string, TransferRun>();
  readonly #sent = new Map<number, Sent>();
  readonly #pairs = new Map<string, Pair>();
  #ticks = 0;

  constructor(options: TransfersOptions) {
    this.#options = options;
  }

  /**
   * Something of the ring is new. A plan that took the place of another begins anew: who got something by the other has it already. So does a plan that now sets out
   * from another ring than this node knew, by which others have other things to hand over.
   */
  changed(ring: RingState, transition: Transition): void {
    const plan = ring.plan === undefined ? "" : `${ringName(ring.ring)} ${ringName(ring.plan)}`;
    if (plan === this.#plan) return;
    this.#plan = plan;
    for (const request of Array.from(this.#sent.keys())) this.#end(request);
    this.#running.clear();
    this.#pairs.clear();
    const { self } = this.#options;
    this.#waiting = transition.transfers.filter(
      (transfer) => transfer.from === self && ring.progress[transferName(transfer)]?.state !== "done",
    );
    for (const { to } of this.#waiting) {
      const partitions = this.#waiting.filter((transfer) => transfer.to === to).length;
      this.#pairs.set(to, { partitions, left: partitions, keys: 0 });
    }
  }

  /** Whether writes to this place count as kept only once another member has them. */
  isClosing(place: Place): boolean {
    if (this.#running.size === 0) return false;
    for (const run of this.#running.values()) if (run.isClosing && run.concerns(place)) return true;
    return false;
  }

  /** A copy is another one now. */
  copyChanged(place: Place, key: string): void {
    for (const run of this.#running.values()) {
      if (!run.concerns(place)) continue;
      if (run.isClosing) this.#sendOne(run, { place, key });
      else run.again({ place, key });
    }
  }

  /** Acts once what was written here is where it has to be by now. */
  afterSent(place: Place, key: string, act: () => void): void {
    if (this.#sent.size === 0) return act();
    const open = [...this.#sent.values()].filter(
      ({ run, placed }) => run.isClosing && placed.key === key && run.concerns(place) && placed.place.n === place.n,
    );
    let left = open.length;
    if (left === 0) return act();
    for (const { waiting } of open) {
      waiting.push(() => {
        left--;
        if (left === 0) act();
      });
    }
  }

  replied(from: string, request: number, isDurable: boolean): void {
    const sent = this.#sent.get(request);
    if (sent?.run.transfer.to !== from) return;
    const { run } = sent;
    if (isDurable) run.moved++;
    else this.#postpone(sent);
    this.#end(request);
    this.#sendSome();
  }

  /** Nothing that was sent to this member will be answered. */
  lost(member: string): void {
    for (const [request, { run }] of Array.from(this.#sent)) if (run.transfer.to === member) this.replied(member, request, false);
  }

  /** Time has passed. */
  tick(): void {
    this.#ticks++;
    const lateMs = this.#options.nowMs() - answerTimeoutMs;
    for (const [request, sent] of Array.from(this.#sent)) if (sent.sentAtMs <= lateMs) this.#sendAgain(request, sent);
    if (this.#ticks % tellTicks !== 0) return;
    this.#begin();
    this.#sendSome();
    this.#tellProgress();
  }

  #begin(): void {
    const { storage, isReachable, tell } = this.#options;
    const later: Transfer[] = [];
    for (const transfer of this.#waiting) {
      if (this.#running.size >= runningMax || !isReachable(transfer.to)) {
        later.push(transfer);
        continue;
      }
      const pair = this.#pairs.get(transfer.to);
      const isFirst =
        pair?.left === pair?.partitions && ![...this.#running.values()].some((run) => run.transfer.to === transfer.to);
      if (pair !== undefined && isFirst) {
        const { partitions } = pair;
        const all = this.#waiting.filter(({ to }) => to === transfer.to);
        const keys = all.reduce((sum, each) => sum + keysToMove(each, storage), 0);
        tell({ type: "handoffBegun", to: transfer.to, partitions, keys });
      }
      this.#running.set(transferName(transfer), new TransferRun(transfer, storage));
    }
    this.#waiting = later;
  }

  #sendSome(): void {
    const { nowMs, isReachable } = this.#options;
    for (const run of this.#running.values()) {
      if (run.isClosing || run.resumeAtMs > nowMs() || !isReachable(run.transfer.to)) continue;
      while (this.#hasRoom()) {
        const placed = run.next();
        if (placed === undefined) {
          run.isClosing = true;
          break;
        }
        this.#sendOne(run, placed);
      }
    }
  }

  #hasRoom(): boolean {
    if (this.#sent.size >= underwayMax) return false;
    let bytes = 0;
    for (const sent of this.#sent.values()) bytes += sent.bytes;
    return bytes < underwayBytesMax;
  }

  /** False: there is nothing to send any more. */
  #sendOne(run: TransferRun, placed: PlacedKey, waiting: (() => void)[] = []): boolean {
    const { storage, send, newRequest, nowMs } = this.#options;
    const { place, key } = placed;
    const object = storage.get(place, key);
    if (object === undefined) return false;
    const request = newRequest();
    run.underway++;
    this.#sent.set(request, { run, placed, bytes: object.length, sentAtMs: nowMs(), waiting });
    // who has not heard of the plan must not pass on what it is to keep
    send({ type: "write", to: run.transfer.to, request, place, key, object, wanted: "kept" });
    return true;
  }

  /** Whoever waits for it waits on. */
  #sendAgain(request: number, { run, placed, waiting }: Sent): void {
    this.#sent.delete(request);
    run.underway--;
    if (!this.#sendOne(run, placed, waiting)) for (const act of waiting) act();
  }

  #postpone({ run, placed }: Sent): void {
    run.again(placed);
    run.resumeAtMs = this.#options.nowMs() + notReadyMs;
  }

  #end(request: number): void {
    const sent = this.#sent.get(request);
    if (sent === undefined) return;
    this.#sent.delete(request);
    sent.run.underway--;
    for (const act of sent.waiting) act();
  }

  /** A transfer is done where all was sent and answered: from here on whoever is asked for it here is passed on. */
  #tellProgress(): void {
    const news: Record<string, Progress> = {};
    for (const [name, run] of this.#running) {
      const { isClosing, underway, moved, total } = run;
      if (isClosing && underway === 0) {
        news[name] = { state: "done", moved, total };
        this.#running.delete(name);
        this.#countDone(run);
      } else if (this.#ticks % tellRunningTicks === 0) {
        news[name] = { state: "running", moved, total };
      }
    }
    if (Object.keys(news).length > 0) this.#options.changeRing((ring) => withProgress(ring, news));
  }

  #countDone({ transfer: { to }, moved }: TransferRun): void {
    const pair = this.#pairs.get(to);
    if (pair === undefined) return;
    pair.left--;
    pair.keys += moved;
    if (pair.left === 0) this.#options.tell({ type: "handoffDone", to, partitions: pair.partitions, keys: pair.keys });
  }
}
