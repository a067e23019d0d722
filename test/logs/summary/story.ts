import type { LogRecord } from "../../../src/core/log-record.js";
import { recordAt } from "../record.js";

const second = 1_000_000_000;

/** Six minutes of three nodes: two elections, a partition that ends by its deadline, and a delay that does not end. */
export function story(): LogRecord[] {
  const records: LogRecord[] = [];
  const say = (at: number, node: string, level: LogRecord["level"], event: string, msg: string, fields = {}): void => {
    const seq = records.filter((record) => record.node === node).length + 1;
    records.push(recordAt(Math.round(at * second), { node, level, event, msg, fields, seq }));
  };
  for (const node of ["n1", "n2", "n3"]) {
    say(0.1, node, "info", "node-started", `${node} listens on 2379 and 2380`, { member: 1 });
    say(0.4, node, "info", "term-changed", "term 0 -> 1", { term: 1, from: 0 });
  }
  say(0.5, "n1", "info", "leader-elected", "won the election of term 1", { term: 1 });
  for (let at = 1; at < 360; at += 1.5) {
    say(at, "n1", "debug", "", `GET /kv/${at * 7} took ${at % 9}.5ms for 10.0.0.${at % 50}:4${at}`);
    if (at % 4 < 1.5) say(at + 0.2, "n2", "debug", "", `applied entry ${at * 3} of term 1`);
    if (at % 30 < 1.5)
      say(at + 0.3, "n3", "warn", "slow-fsync", `the disk took ${100 + at} ms to sync`, { durationMs: 100 + at });
  }
  const partition = { fault: "f1", kind: "partition", nodes: ["n1", "n2", "n3"], seed: null };
  say(90, "chaos", "warn", "fault-applied", "partition n1 | n2,n3 for 1m", { ...partition, durationMs: 60_000, tookMs: 12 });
  say(92, "n1", "warn", "quorum-lost", "steps down: no majority answered for an election timeout", { term: 1 });
  say(93, "n2", "info", "term-changed", "term 1 -> 2", { term: 2, from: 1 });
  say(93.1, "n2", "info", "leader-elected", "won the election of term 2", { term: 2 });
  say(150, "chaos", "info", "fault-healed", "partition n1 | n2,n3: over (deadline)", { ...partition, reason: "deadline" });
  const slow = { fault: "f2", kind: "slow", nodes: ["n3"], seed: 7 };
  say(300, "chaos", "warn", "fault-applied", "slow n3: delay 800ms until healed", { ...slow, durationMs: null, tookMs: 31 });
  say(301, "n2", "error", "", "request 4711 to n3 failed: deadline of 500ms exceeded");
  say(310, "n2", "error", "", "request 4712 to n3 failed: deadline of 500ms exceeded");
  say(311, "n3", "fatal", "disk-failed", "\u001b[31mthe disk failed\u001b[0m");
  return records.sort((a, b) => (a.ts < b.ts ? -1 : a.ts > b.ts ? 1 : 0));
}
