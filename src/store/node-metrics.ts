import { readdirSync } from "node:fs";
import type { LeaseKeeper } from "./lease/lease-keeper.js";
import type { Counters } from "./metrics/counters.js";
import { exposition } from "./metrics/exposition.js";
import type { Family, Sample } from "./metrics/exposition.js";
import type { MemberState } from "./member-state.js";
import type { NodeStore } from "./node-store.js";
import type { MemberId, Raft } from "./raft/types.js";
import type { CallCounts } from "./rpc/counted.js";
import { storeVersion } from "./version.js";

export interface NodeMetricsOptions {
  readonly self: MemberId;
  readonly counters: Counters;
  readonly calls: Pick<CallCounts, "families">;
  readonly state: Pick<MemberState, "role" | "hasLeader" | "kv" | "conf">;
  readonly raft: Pick<Raft, "status">;
  readonly store: Pick<NodeStore, "writes" | "watchers">;
  readonly leaseKeeper: Pick<LeaseKeeper, "renewed">;
  readonly quotaBytes: number;
}

/** What Prometheus is told of a member: etcd 3.4's names wherever it has one, and all values as of now. */
export class NodeMetrics {
  readonly #options: NodeMetricsOptions;

  constructor(options: NodeMetricsOptions) {
    this.#options = options;
  }

  /** In Prometheus' text format. */
  text(): string {
    const families = [...this.#server(), ...this.#mvcc(), ...this.#leases(), ...this.#options.calls.families(), ...ofProcess()];
    return exposition(families);
  }

  #server(): readonly Family[] {
    const { self, counters, state, raft, store, quotaBytes } = this.#options;
    const { commit, applied } = raft.status();
    return [
      gauge("etcd_server_has_leader", "1: this member knows a leader.", Number(state.hasLeader)),
      gauge("etcd_server_is_leader", "1: this member leads.", Number(state.role === "leader")),
      gauge("etcd_server_is_learner", "1: this member learns, and does not vote.", Number(state.conf.learners.includes(self))),
      counter(
        "etcd_server_leader_changes_seen_total",
        "How often this member has come to know a leader.",
        counters.leaderChanges,
      ),
      gauge("etcd_server_proposals_committed_total", "Number of the last entry known to be committed.", commit),
      gauge("etcd_server_proposals_applied_total", "Number of the last entry that is applied here.", applied),
      gauge("etcd_server_proposals_pending", "Writes of this member's clients that are not answered yet.", store.writes.pending),
      counter(
        "etcd_server_proposals_failed_total",
        "Writes of this member's clients that were not done, or nobody knows.",
        store.writes.failed,
      ),
      gauge("etcd_server_quota_backend_bytes", "Bytes of state beyond which writes are refused.", quotaBytes),
      labelled("etcd_server_id", "Always 1; the label has the member's number, in hexadecimal.", {
        server_id: self.toString(16),
      }),
      labelled("etcd_server_version", "Always 1; the label has the store's own version.", { server_version: storeVersion }),
      {
        name: "etcd_disk_wal_fsync_duration_seconds",
        help: "How long the disk took to sync the log.",
        type: "histogram",
        samples: counters.walSyncSec.samples(),
      },
    ];
  }

  #mvcc(): readonly Family[] {
    const { counters, state, store } = this.#options;
    const { kv } = state;
    const { all, behind } = store.watchers;
    return [
      gauge(
        "etcd_mvcc_db_total_size_in_bytes",
        "The most that the versions of keys took in memory, roughly, since the start or defragmentation.",
        kv.mostBytes,
      ),
      gauge("etcd_mvcc_db_total_size_in_use_in_bytes", "Bytes of all versions of keys in memory, roughly.", kv.bytes),
      gauge("etcd_debugging_mvcc_keys_total", "Keys there are now.", kv.size),
      gauge("etcd_debugging_mvcc_current_revision", "The store's revision.", kv.revision),
      gauge("etcd_debugging_mvcc_compact_revision", "Up to which revision the history was given up.", kv.compactRevision),
      counter("etcd_mvcc_put_total", "Puts applied here, those in transactions as well.", counters.puts),
      counter("etcd_mvcc_delete_total", "Deletions applied here, those in transactions as well.", counters.deletes),
      counter("etcd_mvcc_range_total", "Reads answered here, and those in transactions that were applied.", counters.ranges),
      counter("etcd_mvcc_txn_total", "Transactions applied here.", counters.txns),
      gauge("etcd_debugging_mvcc_watcher_total", "Watchers of this member.", all),
      gauge("etcd_debugging_mvcc_slow_watcher_total", "Those of them that are behind and read on in the history.", behind),
    ];
  }

  #leases(): readonly Family[] {
    const { counters, leaseKeeper } = this.#options;
    const { leasesGranted, leasesRevoked, leasesExpired } = counters;
    return [
      counter("etcd_debugging_lease_granted_total", "Leases granted, as applied here.", leasesGranted),
      counter("etcd_debugging_lease_revoked_total", "Leases revoked by clients, as applied here.", leasesRevoked),
      counter("etcd_debugging_lease_renewed_total", "Renewals that this member gave as the leader.", leaseKeeper.renewed),
      counter(
        "etcd_debugging_server_lease_expired_total",
        "Leases that ended because nobody renewed them, as applied here.",
        leasesExpired,
      ),
    ];
  }
}

/** https://prometheus.io/docs/instrumenting/writing_clientlibs/#process-metrics */
function ofProcess(): readonly Family[] {
  const { user, system } = process.cpuUsage();
  const startedSec = Math.round(Date.now() / 10 - process.uptime() * 100) / 100;
  return [
    counter(
      "process_cpu_seconds_total",
      "Time on the processor, of the program and of the kernel for it.",
      (user + system) / 1e6,
    ),
    gauge("process_open_fds", "Open files and connections.", openFiles()),
    gauge("process_resident_memory_bytes", "Memory of this process.", process.memoryUsage.rss()),
    gauge("process_start_time_seconds", "When this process began, since 1970.", startedSec),
  ];
}

/** NaN where the kernel does not tell. */
function openFiles(): number {
  try {
    return readdirSync("/proc/self/fd").length;
  } catch {
    return NaN;
  }
}

function family(name: string, help: string, type: Family["type"], samples: readonly Sample[]): Family {
  return { name, help, type, samples };
}

function gauge(name: string, help: string, value: number): Family {
  return family(name, help, "gauge", [{ value }]);
}

function counter(name: string, help: string, value: number): Family {
  return family(name, help, "counter", [{ value }]);
}

function labelled(name: string, help: string, labels: Readonly<Record<string, string>>): Family {
  return family(name, help, "gauge", [{ labels, value: 1 }]);
}
