import { availableParallelism, freemem, loadavg, totalmem } from "node:os";
import type { Clock } from "../clock.js";
import type { LeaderlessStore } from "../leaderless/api.js";
import { presentMembers } from "../leaderless/gossip/membership.js";
import type { Leaderless } from "../leaderless/machine.js";
import type { Stats } from "../riak/http/session.js";
import { countedStore } from "../riak/stats/counted-store.js";
import { Statistics } from "../riak/stats/statistics.js";
import { riakName } from "../leaderless/node-name.js";

export interface RiakStatsOptions {
  readonly node: string;
  readonly clock: Pick<Clock, "monotonicMs">;
  readonly machine: Pick<Leaderless, "view" | "replicated">;
  /** Connections that there are. */
  readonly clients: () => { readonly pb: number; readonly http: number };
}

/**
 * What a node tells at `/stats`, by Riak's names, as far as they mean something here: its work, its ring, its machine.
 * https://docs.riak.com/riak/kv/2.2.3/using/reference/statistics-monitoring/
 */
export class RiakStats {
  readonly #options: RiakStatsOptions;
  readonly #statistics: Statistics;

  constructor(options: RiakStatsOptions) {
    this.#options = options;
    this.#statistics = new Statistics(() => options.clock.monotonicMs());
  }

  /** Clients are to ask this one, so that they are counted. */
  counting(store: LeaderlessStore): LeaderlessStore {
    return countedStore(store, this.#statistics);
  }

  /** Time has passed: about a second at most. */
  tick(): void {
    this.#statistics.replicated(this.#options.machine.replicated);
  }

  readRepaired(): void {
    this.#statistics.readRepaired();
  }

  tell(): Stats {
    this.tick();
    return { ...this.#statistics.tell(), ...this.#ring(), ...this.#connections(), ...machineFacts() };
  }

  #ring(): Stats {
    const { node, machine } = this.#options;
    const { ring } = machine.view.state;
    const { owners } = ring.ring;
    const members = presentMembers(ring);
    const owned = members.map((member) => `{'${riakName(member)}',${owners.filter((owner) => owner === member).length}}`);
    return {
      nodename: riakName(node),
      connected_nodes: members.filter((member) => member !== node && machine.view.isReachable(member)).map(riakName),
      ring_members: members.map(riakName),
      ring_num_partitions: owners.length,
      ring_creation_size: owners.length,
      // the Erlang term for it, as text
      ring_ownership: `[${owned.join(",")}]`,
    };
  }

  /** Riak does not count those of HTTP, and who asks is one of them. */
  #connections(): Stats {
    const { pb, http } = this.#options.clients();
    return { pbc_active: pb, http_active: http };
  }
}

function machineFacts(): Stats {
  // the unit in which Erlang tells them
  const [cpu_avg1 = 0, cpu_avg5 = 0, cpu_avg15 = 0] = loadavg().map((load) => Math.round(load * 256));
  return {
    cpu_avg1,
    cpu_avg5,
    cpu_avg15,
    mem_total: totalmem(),
    mem_allocated: totalmem() - freemem(),
    memory_total: process.memoryUsage.rss(),
    sys_logical_processors: availableParallelism(),
  };
}
