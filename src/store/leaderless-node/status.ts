import { unsafeLeaderless } from "../../core/leaderless-switches.js";
import type { UnsafeSwitch } from "../../core/store-switches.js";
import type { Clock } from "../clock.js";
import type { Exchanged } from "../leaderless/exchange/anti-entropy.js";
import type { Request } from "../leaderless/api.js";
import { memberStatus, presentMembers } from "../leaderless/gossip/membership.js";
import type { MemberStatus } from "../leaderless/gossip/membership.js";
import type { Leaderless } from "../leaderless/machine.js";
import type { SiblingHistogram } from "../leaderless/objects/sibling-counts.js";
import { ringName } from "../leaderless/ring/ring.js";
import type { Place, Storage } from "../leaderless/storage.js";
import { exposition } from "../metrics/exposition.js";
import type { Family } from "../metrics/exposition.js";
import { storeVersion } from "../version.js";
import type { LeaderlessNodeOptions } from "./options.js";

export interface StatusOptions {
  readonly options: LeaderlessNodeOptions;
  readonly clock: Pick<Clock, "monotonicMs">;
  readonly machine: Pick<Leaderless, "isReady" | "view" | "hints" | "exchanged" | "exchangeLags" | "siblings">;
  readonly storage: Pick<Storage, "places" | "count"> & { usage(): { readonly bytes: number; readonly liveBytes: number } };
  readonly counts: ReadonlyMap<Request["type"], number>;
  /** Connections that there are. */
  readonly clients: () => { readonly pb: number; readonly http: number };
}

export interface LeaderlessStatus {
  readonly node: string;
  readonly member: number;
  readonly cluster: string;
  readonly design: "leaderless";
  /** Nobody leads. */
  readonly role: null;
  readonly members: readonly {
    readonly name: string;
    readonly status: MemberStatus | undefined;
    readonly isReachable: boolean;
  }[];
  /** The last ring all of whose owners have what they own. */
  readonly ring: string;
  readonly partitions: number;
  /** Partitions that this node is the first owner of. */
  readonly owned: number;
  /** Of which this node is an owner. */
  readonly keys: number;
  /** Keys that wait here for their owners, by owner. */
  readonly hints: Readonly<Record<string, number>>;
  /** What its exchanges with other owners came to; null: anti-entropy is switched off. */
  readonly exchanged: Exchanged | null;
  /** How long it is that it compared a place with another owner of it, of all the longest; null: one was not compared yet. */
  readonly exchangeLagMs: number | null;
  /** What reads that this node coordinated have found. */
  readonly siblings: SiblingHistogram;
  readonly uptimeMs: number;
  readonly version: string;
  readonly unsafe: readonly UnsafeSwitch[];
}

/** What a leaderless node tells of itself. */
export class NodeStatus {
  readonly #options: StatusOptions;
  readonly #startedMs: number;
  #repaired = 0;
  #isListening = false;
  #isStopping = false;

  constructor(options: StatusOptions) {
    this.#options = options;
    this.#startedMs = options.clock.monotonicMs();
  }

  /** Read repair has told so many replicas. */
  repaired(replicas: number): void {
    this.#repaired += replicas;
  }

  listening(): void {
    this.#isListening = true;
  }

  stopping(): void {
    this.#isStopping = true;
  }

  /** A node that serves is ready, whoever else is there: with nobody to ask, it is for each request to say that it cannot have its quorum. */
  unhealthy(): string | undefined {
    const { machine, options } = this.#options;
    const { ring } = machine.view.state;
    if (this.#isStopping) return "the node is stopping";
    if (ring.ring.version === 0) return "it has met no member of the cluster that it is to join yet";
    if (memberStatus(ring, options.node) === "gone") return "it has left its cluster";
    if (!machine.isReady) return "waiting for the disk to keep as whom this node writes";
    return this.#isListening ? undefined : "the node is starting";
  }

  status(): LeaderlessStatus {
    const { options, machine, clock } = this.#options;
    const { node, member, cluster, switches } = options;
    const { ring } = machine.view.state;
    return {
      node,
      member,
      cluster,
      design: "leaderless",
      role: null,
      members: presentMembers(ring).map((name) => ({
        name,
        status: memberStatus(ring, name),
        isReachable: name === node || machine.view.isReachable(name),
      })),
      ring: ringName(ring.ring),
      partitions: ring.ring.owners.length,
      owned: this.#owned(),
      keys: this.#keys("home"),
      hints: Object.fromEntries(machine.hints),
      exchanged: machine.exchanged ?? null,
      exchangeLagMs: longest(machine.exchangeLags.map(({ lagMs }) => lagMs)),
      siblings: machine.siblings,
      uptimeMs: Math.round(clock.monotonicMs() - this.#startedMs),
      version: storeVersion,
      unsafe: unsafeLeaderless(switches),
    };
  }

  metrics(): string {
    const { storage, clients, counts, machine } = this.#options;
    const { exchanged } = machine;
    const { bytes, liveBytes } = storage.usage();
    const gauge = (name: string, help: string, value: number): Family => ({ name, help, type: "gauge", samples: [{ value }] });
    const counter = (name: string, help: string, value = 0): Family => ({ name, help, type: "counter", samples: [{ value }] });
    const sampled = process.resourceUsage();
    return exposition([
      gauge("devious_keys", "Keys that this node is an owner of.", this.#keys("home")),
      gauge("devious_hinted_keys", "Keys that wait here for their owners.", this.#keys("hint")),
      gauge("devious_partitions_owned", "Partitions that this node is the first owner of.", this.#owned()),
      gauge("devious_log_bytes", "Bytes of the data files.", bytes),
      gauge("devious_log_live_bytes", "Bytes of the data files that are needed.", liveBytes),
      counter("devious_exchanges_total", "Comparisons with other owners that ended with equal copies.", exchanged?.exchanges),
      counter(
        "devious_exchange_repaired_keys_total",
        "Keys that comparisons with other owners repaired.",
        exchanged?.keysRepaired,
      ),
      counter("devious_exchange_bytes_total", "Bytes that comparisons and their repairs sent and received.", exchanged?.bytes),
      {
        name: "devious_clients",
        help: "Connections of clients.",
        type: "gauge",
        samples: Object.entries(clients()).map(([api, value]) => ({ labels: { api }, value })),
      },
      {
        name: "devious_requests_total",
        help: "Requests of clients through this node.",
        type: "counter",
        samples: [...counts].map(([type, value]) => ({ labels: { type }, value })),
      },
      counter("devious_repaired_replicas_total", "Replicas that a read found to be behind and told.", this.#repaired),
      {
        name: "process_cpu_seconds_total",
        help: "Total user and system CPU time spent in seconds.",
        type: "counter",
        samples: [{ value: (sampled.userCPUTime + sampled.systemCPUTime) / 1e6 }],
      },
      gauge("process_resident_memory_bytes", "Resident memory size in bytes.", process.memoryUsage.rss()),
    ]);
  }

  #owned(): number {
    const { options, machine } = this.#options;
    return machine.view.state.ring.ring.owners.filter((owner) => owner === options.node).length;
  }

  #keys(kind: Place["kind"]): number {
    const { storage } = this.#options;
    return storage.places().reduce((keys, place) => (place.kind === kind ? keys + storage.count(place) : keys), 0);
  }
}

function longest(timesMs: readonly (number | undefined)[]): number | null {
  const known = timesMs.filter((ms) => ms !== undefined);
  return known.length < timesMs.length || known.length === 0 ? null : Math.round(Math.max(...known));
}
