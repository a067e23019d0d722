/** What stays readable: so many revisions, or those of so long. */
export type Retention = { readonly type: "revisions"; readonly count: number } | { readonly type: "period"; readonly ms: number };

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
/** How often etcd looks where revisions are counted. */
const countEveryMs = 5 * minuteMs;
/** Of a period, or of an hour of it: how often the revision of then is written down. */
const looksInPeriod = 10;

/** Decides what a leader compacts by itself and when, as etcd 3.4 does. Time is any that goes on evenly, in ms. */
export interface AutoCompaction {
  /** How often {@link due} is to be asked. */
  readonly everyMs: number;
  /** The revision to compact now, or undefined. To be asked of every member, so that whoever comes to lead knows what was when. */
  due(nowMs: number, revision: number, isLeader: boolean): number | undefined;
  /** That was done, or had been done before. */
  done(nowMs: number, revision: number): void;
}

/** @param revision of now. */
export function autoCompaction(retention: Retention, nowMs: number, revision: number): AutoCompaction {
  return retention.type === "revisions" ? byCount(retention.count) : byPeriod(retention.ms, nowMs, revision);
}

function byCount(count: number): AutoCompaction {
  let last = 0;
  return {
    everyMs: countEveryMs,
    due: (_nowMs, revision, isLeader) => {
      const due = revision - count;
      return isLeader && due > 0 && due !== last ? due : undefined;
    },
    done: (_nowMs, revision) => {
      last = revision;
    },
  };
}

function byPeriod(periodMs: number, startMs: number, startRevision: number): AutoCompaction {
  const intervalMs = Math.min(periodMs, hourMs);
  const everyMs = intervalMs / looksInPeriod;
  const kept = Math.floor(periodMs / everyMs);
  /** Revisions at each look, the oldest first: one period back, once there are as many. */
  const seen = [startRevision];
  let doneMs = startMs;
  // nothing is compacted before the first period is over, then at each interval
  let waitMs = periodMs;
  return {
    everyMs,
    due: (nowMs, revision, isLeader) => {
      const [due] = seen;
      seen.push(revision);
      if (seen.length > kept) seen.shift();
      if (!isLeader || due === undefined || nowMs - doneMs < waitMs) return undefined;
      waitMs = intervalMs;
      return due;
    },
    done: (nowMs) => {
      doneMs = nowMs;
    },
  };
}
