import type { CommandAnswer } from "../entries/commands.js";
import type { Answer } from "../mvcc/requests.js";
import { Histogram } from "./exposition.js";

/** In seconds, as etcd's: from 1 ms on, each twice the one before. */
const syncBoundsSec = Array.from({ length: 14 }, (_, power) => 2 ** power / 1000);

/** What a member has counted since its process began: plain numbers, for they are counted where every request passes. */
export class Counters {
  readonly walSyncSec = new Histogram(syncBoundsSec);
  leaderChanges = 0;
  ranges = 0;
  puts = 0;
  deletes = 0;
  txns = 0;
  leasesGranted = 0;
  leasesRevoked = 0;
  leasesExpired = 0;

  /** A command was applied here, and this is what it answered. */
  applied(answer: CommandAnswer): void {
    switch (answer.type) {
      case "put":
      case "deleteRange":
      case "txn":
        this.#appliedOp(answer);
        break;
      case "leaseGrant":
        this.leasesGranted++;
        break;
      case "leaseRevoke":
        this.leasesRevoked++;
        break;
      case "leaseTimes":
        this.leasesExpired += answer.ended.length;
        break;
      default:
        break;
    }
  }

  #appliedOp(answer: Answer): void {
    switch (answer.type) {
      case "put":
        this.puts++;
        break;
      case "deleteRange":
        this.deletes++;
        break;
      case "range":
        this.ranges++;
        break;
      case "txn":
        this.txns++;
        for (const response of answer.responses) this.#appliedOp(response);
        break;
    }
  }
}
