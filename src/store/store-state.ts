import { unreachable } from "../core/invariant.js";
import { Alarms, alarmType } from "./alarms.js";
import type { Alarm, AlarmsPart } from "./alarms.js";
import { AuthStore } from "./auth/auth-store.js";
import type { AuthCommand, AuthPart } from "./auth/auth-store.js";
import { needsOf, needsOfLease } from "./auth/needs.js";
import type { AuthAnswer, Command, CommandAnswer } from "./entries/commands.js";
import { decodeCommand } from "./entries/commands.js";
import { decodeEnvelope } from "./entries/envelope.js";
import type { Principal, RequestId } from "./entries/envelope.js";
import { LeaseBook } from "./lease/lease-book.js";
import type { LeaseMark, LeasePart, LeaseTimes } from "./lease/lease-book.js";
import type { LeaseId } from "./mvcc/key-value.js";
import type { MvccState } from "./mvcc/mvcc-state.js";
import { MvccStore } from "./mvcc/mvcc-store.js";
import type { Refused } from "./mvcc/requests.js";
import { refused } from "./mvcc/requests.js";
import { costOf } from "./room.js";
import { Sessions } from "./sessions.js";
import type { SessionsPart } from "./sessions.js";
import type { ErrorName } from "./wire/errors.js";

/** Everything of the state but the keys, as JSON that is equal for equal states. */
export interface StateParts {
  readonly alarms: AlarmsPart;
  readonly leases: LeasePart;
  readonly auth: AuthPart;
  readonly sessions: SessionsPart;
}

/** What an entry of the log did. */
export type AppliedEntry =
  /** Entries of older versions have no request's number, and neither has what a leader says by itself. */
  | {
      readonly type: "command";
      readonly request: RequestId | undefined;
      readonly answer: CommandAnswer | Refused<ErrorName>;
    }
  /** The request was applied before: nothing happened. */
  | { readonly type: "repeat" }
  /** The request comes from an earlier process of its member than `by`, which the state knows: nothing happened, nor ever will. */
  | { readonly type: "outlived"; readonly request: RequestId; readonly by: number };

/**
 * Everything that the commands of the log change: the keys, and what belongs to them. The same commands in the same order give the same
 * answers and the same state everywhere. Who the members are is not in here: that raft's own entries say.
 */
export class StoreState {
  readonly kv: MvccStore;
  readonly leases: LeaseBook;
  readonly alarms: Alarms;
  readonly auth: AuthStore;
  /** Which requests were applied. */
  readonly sessions: Sessions;

  private constructor(leases: LeaseBook, alarms: Alarms, auth: AuthStore, sessions: Sessions, keys?: MvccState) {
    this.leases = leases;
    this.alarms = alarms;
    this.auth = auth;
    this.sessions = sessions;
    this.kv = new MvccStore((lease) => leases.has(lease), keys);
  }

  static create(): StoreState {
    return new StoreState(new LeaseBook(), new Alarms(), new AuthStore(), new Sessions());
  }

  /** @param parts a part that the snapshot of an older version lacks is empty. */
  static restore({ alarms, auth, leases, sessions }: Partial<StateParts>, keys: MvccState): StoreState {
    return new StoreState(
      leases === undefined ? new LeaseBook() : LeaseBook.restore(leases),
      Alarms.restore(alarms ?? []),
      auth === undefined ? new AuthStore() : AuthStore.restore(auth),
      sessions === undefined ? new Sessions() : Sessions.restore(sessions),
      keys,
    );
  }

  /** What outlives its cluster: keys, leases with all their time, users; not alarms of its members, nor their requests. */
  static refound({ leases, auth }: Partial<StateParts>, keys: MvccState): StoreState {
    const renewed = leases?.leases.map((lease) => ({ ...lease, remainingSec: lease.ttlSec })) ?? [];
    return StoreState.restore({ ...(auth && { auth }), leases: { lastSerial: leases?.lastSerial ?? 0, leases: renewed } }, keys);
  }

  parts(): StateParts {
    return {
      alarms: this.alarms.part(),
      auth: this.auth.part(),
      leases: this.leases.part(),
      sessions: this.sessions.part(),
    };
  }

  /** Applies the data of a log entry, if it is no repeat. */
  applyEntry(data: Uint8Array): AppliedEntry {
    const envelope = decodeEnvelope(data);
    if (envelope === undefined) return { type: "command", request: undefined, answer: this.apply(data) };
    const { request, floor, principal, command } = envelope;
    const admission = this.sessions.admit(request, floor);
    switch (admission) {
      case "new":
        return { type: "command", request, answer: this.apply(command, principal) };
      case "repeat":
        return { type: "repeat" };
      case "outlived":
        return { type: "outlived", request, by: this.sessions.incarnationOf(request.origin) };
      default:
        return unreachable(admission);
    }
  }

  /** Applies a command, if `principal` may ask for it. What is refused changes nothing. */
  apply(data: Uint8Array, principal?: Principal): CommandAnswer | Refused<ErrorName> {
    const command = decodeCommand(data);
    if (this.alarms.isOn(alarmType.noSpace) && addsToState(command)) return refused("noSpace");
    const error = this.auth.enabled ? this.#whyNot(command, principal) : undefined;
    return error === undefined ? this.#carryOut(command) : refused(error);
  }

  /** As in etcd, who only has the log compacted, ends an alarm or asks for a lease need not be anybody. */
  #whyNot(command: Command, principal: Principal | undefined): ErrorName | undefined {
    const keysOfLease = (lease: LeaseId) => this.kv.keysOf(lease);
    switch (command.type) {
      case "put":
      case "deleteRange":
      case "txn":
        return this.auth.whyNot(principal, needsOf(command, keysOfLease));
      case "leaseRevoke":
        return this.auth.whyNot(principal, needsOfLease(command.id, keysOfLease));
      case "alarm":
      case "compact":
      case "leaseGrant":
      case "leaseTimes":
      case "authenticate":
      case "publish":
      case "old":
        return undefined;
      default:
        return this.auth.whyNoAdmin(principal);
    }
  }

  #carryOut(command: Command): CommandAnswer | Refused<ErrorName> {
    switch (command.type) {
      case "put":
      case "deleteRange":
      case "txn":
        return this.kv.apply(command);
      case "compact": {
        const answer = this.kv.compact(command.revision);
        return answer.type === "refused" ? answer : { type: "compact", revision: answer.revision };
      }
      case "leaseGrant": {
        const lease = this.leases.grant(command.id, command.ttlSec);
        return "type" in lease ? lease : { type: "leaseGrant", revision: this.kv.revision, lease };
      }
      case "leaseRevoke":
        if (!this.leases.has(command.id)) return refused("leaseNotFound");
        return { type: "leaseRevoke", revision: this.#endLease(command.id), id: command.id };
      case "leaseTimes":
        return this.#takeTimes(command);
      case "alarm":
        return { type: "alarm", revision: this.kv.revision, alarms: this.#setAlarm(command.action, command.alarm) };
      case "publish":
        // who the members are is known elsewhere (replica.ts)
        return { ...command, revision: this.kv.revision };
      case "old": {
        const answer = this.kv.apply(command.op);
        // Members that begin with an old snapshot after this entry have no history up to here, so nobody may have one. (If this is the
        // last old entry and a delete, others have its tombstone until the next compaction. Hashes see that, readers do not.)
        this.kv.compact(this.kv.revision);
        return answer;
      }
      default:
        return this.#administer(command);
    }
  }

  #administer(command: AuthCommand): AuthAnswer | Refused<ErrorName> {
    const done = this.auth.apply(command);
    return done === "done" ? ({ type: command.type, revision: this.kv.revision, command } as AuthAnswer) : done;
  }

  /** Ends a lease with its keys, as one transaction; the revision after it. */
  #endLease(id: LeaseId): number {
    this.leases.end(id);
    return this.kv.endLease(id);
  }

  #setAlarm(action: number, alarm: Alarm): readonly Alarm[] {
    switch (action) {
      case 1:
        this.alarms.activate(alarm);
        return [alarm];
      case 2:
        return this.alarms.deactivate(alarm) ? [alarm] : [];
      default:
        return [];
    }
  }

  #takeTimes(times: LeaseTimes): CommandAnswer {
    const ended: LeaseMark[] = [];
    for (const mark of times.expired) {
      if (!this.leases.isSame(mark)) continue;
      this.#endLease(mark.id);
      ended.push(mark);
    }
    for (const { sec, ...mark } of times.remaining) this.leases.checkpoint(mark, sec);
    return { type: "leaseTimes", revision: this.kv.revision, times, ended };
  }
}

/** What is refused while there is no space. A transaction counts by its puts, whichever branch they are in. */
function addsToState(command: Command): boolean {
  switch (command.type) {
    case "put":
    case "txn":
      return costOf(command) > 0;
    case "leaseGrant":
      return true;
    default:
      return false;
  }
}
