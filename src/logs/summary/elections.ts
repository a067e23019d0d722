import type { LogRecord } from "../../core/log-record.js";

/** One node that became leader of its service. */
export interface Election {
  readonly ts: string;
  readonly service: string;
  readonly node: string;
  /** Null where the record does not say it. */
  readonly term: number | null;
  /** Stamp at which this leader gave up because no majority answered, or at which its container ended; null where neither was told. */
  readonly untilTs: string | null;
}

type Draft = { -readonly [Key in keyof Election]: Election[Key] };

/** Reads the bundled store's elections (`leader-elected`, `quorum-lost`, `container-died`; docs/reference/events.md), the latest `most` of them. */
export class Elections {
  readonly #most: number;
  readonly #elections: Draft[] = [];
  #dropped = 0;

  constructor(most: number) {
    this.#most = most;
  }

  /** Takes any record. */
  add({ event, ts, service, node, fields }: LogRecord): void {
    if (event === "leader-elected") {
      const term = fields["term"];
      this.#elections.push({ ts, service, node, term: typeof term === "number" ? term : null, untilTs: null });
      if (this.#elections.length > this.#most) {
        this.#elections.shift();
        this.#dropped++;
      }
    } else if (event === "quorum-lost" || event === "container-died") {
      const last = this.#elections.findLast((one) => one.service === service && one.node === node);
      if (last !== undefined) last.untilTs ??= ts;
    }
  }

  /** In the order of the story. */
  result(): { readonly elections: readonly Election[]; readonly dropped: number } {
    return { elections: this.#elections.map((one) => ({ ...one })), dropped: this.#dropped };
  }
}
