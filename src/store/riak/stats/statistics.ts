import type { Stats } from "../http/session.js";
import { Histogram } from "./histogram.js";
import type { Summary } from "./histogram.js";
import { Spiral } from "./spiral.js";

/** Requests of one kind. */
export class Requests {
  readonly answered = new Spiral();
  /** Answered with a failure of any kind. */
  readonly failed = new Spiral();
  /** Of those, because there were too many at a time. */
  readonly rejected = new Spiral();
  /** In microseconds, from question to answer. */
  readonly times = new Histogram();
  active = 0;
}

/** What a node counts of its work, told by Riak's names. https://docs.riak.com/riak/kv/2.2.3/using/reference/statistics-monitoring/ */
export class Statistics {
  readonly #nowMs: () => number;
  readonly gets = new Requests();
  /** Writes of all kinds: puts, deletions, updates of data types. */
  readonly puts = new Requests();
  readonly indexes = new Requests();
  readonly lists = new Requests();
  readonly siblings = new Histogram();
  /** Names, context, values and what is said of them, in bytes. */
  readonly objectSizes = new Histogram();
  readonly #readRepairs = new Spiral();
  readonly #replicaReads = new Spiral();
  readonly #replicaWrites = new Spiral();

  /** Time that only goes forward. */
  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  nowMs(): number {
    return this.#nowMs();
  }

  readRepaired(): void {
    this.#readRepairs.add(this.#nowMs());
  }

  /** How many copies this node has read and written by now, for itself and for others. To be told about once a second. */
  replicated({ reads, writes }: { readonly reads: number; readonly writes: number }): void {
    this.#replicaReads.raiseTo(this.#nowMs(), reads);
    this.#replicaWrites.raiseTo(this.#nowMs(), writes);
  }

  tell(): Stats {
    const nowMs = this.#nowMs();
    const counted = (name: string, each: Spiral): Stats => ({
      [name]: each.lastMinute(nowMs),
      [`${name}_total`]: each.total,
    });
    const requests = (name: "get" | "put", each: Requests): Stats => ({
      ...counted(`node_${name}s`, each.answered),
      ...summary(`node_${name}_fsm_time`, each.times.lastMinute(nowMs)),
      [`node_${name}_fsm_active`]: each.active,
      ...counted(`node_${name}_fsm_errors`, each.failed),
      [`node_${name}_fsm_rejected_60s`]: each.rejected.lastMinute(nowMs),
      [`node_${name}_fsm_rejected_total`]: each.rejected.total,
    });
    const paged = (name: "index" | "list", each: Requests): Stats => ({
      [`${name}_fsm_active`]: each.active,
      [`${name}_fsm_create`]: each.answered.lastMinute(nowMs),
      [`${name}_fsm_create_error`]: each.failed.lastMinute(nowMs),
    });
    return {
      ...counted("vnode_gets", this.#replicaReads),
      ...counted("vnode_puts", this.#replicaWrites),
      ...requests("get", this.gets),
      ...summary("node_get_fsm_siblings", this.siblings.lastMinute(nowMs)),
      ...summary("node_get_fsm_objsize", this.objectSizes.lastMinute(nowMs)),
      ...requests("put", this.puts),
      ...counted("read_repairs", this.#readRepairs),
      ...paged("index", this.indexes),
      ...paged("list", this.lists),
    };
  }
}

function summary(name: string, { mean, median, p95, p99, max }: Summary): Stats {
  return { [`${name}_mean`]: mean, [`${name}_median`]: median, [`${name}_95`]: p95, [`${name}_99`]: p99, [`${name}_100`]: max };
}
