import { chaosNode, type LogRecord } from "../../../src/core/log-record.js";
import { recordAt } from "../record.js";

/** A record `ms` milliseconds after noon. */
export function saidAt(ms: number, rest: Partial<LogRecord>): LogRecord {
  return recordAt(ms * 1e6, rest);
}

/** What the agent says of a fault, as docs/reference/events.md has it. */
export function faultAt(
  ms: number,
  event: "applied" | "healed" | "narrowed",
  fault: string,
  nodes: readonly string[],
  msg: string,
  more: Readonly<Record<string, unknown>> = {},
): LogRecord {
  const level = event === "applied" ? "warn" : "info";
  return saidAt(ms, { node: chaosNode, level, event: `fault-${event}`, msg, fields: { fault, nodes, ...more } });
}

/** A node's name longer than the others' comes late; two faults overlap; texts are long, hostile, and wide. */
export const story: readonly LogRecord[] = [
  saidAt(12, { event: "node-started", msg: "listening", fields: { clientPort: 2379, version: "0.1.0" } }),
  saidAt(15, { node: "n2", event: "node-started", msg: "listening", fields: { clientPort: 2379, version: "0.1.0" } }),
  saidAt(643, { event: "leader-elected", msg: "became leader", fields: { term: 3, votes: ["n1", "n2"] } }),
  saidAt(700, { node: "n2", level: "debug", event: "vote-cast", msg: "", fields: { candidate: "n1" } }),
  faultAt(1000, "applied", "f1", ["n1", "n2", "n3"], "partition n1 | n2,n3 for 30s", { kind: "partition", tookMs: 4.2 }),
  saidAt(1500, {
    node: "n3",
    level: "error",
    msg: "lost the leader",
    fields: { note: "two words", empty: "", nothing: null, "k\u0007": "a\u009bb" },
  }),
  faultAt(2000, "applied", "f2", ["n4"], "pause n4 for 5s", { kind: "pause", tookMs: 1.1 }),
  saidAt(2100, { node: "n2", event: "leader-elected", msg: "won the election of term 4", fields: { term: 4 } }),
  saidAt(2150, {
    node: "n1",
    level: "warn",
    event: "quorum-lost",
    msg: "heard no majority for an election timeout and steps down, because a leader that nobody hears must not go on answering reads from what it believes is the newest state of the cluster",
    fields: { term: 3, heard: ["n1"], configuration: { voters: ["n1", "n2", "n3"], learners: ["n4"] } },
  }),
  saidAt(2200, { node: "api-server-1", level: "fatal", msg: "\u001b[31mred\u001b[0m\tand \u202eback" }),
  saidAt(2500, {
    node: "api-server-1",
    msg: "お客様の注文を処理できませんでした。しばらくしてからもう一度お試しください。 déjà vu 🚀 launched",
    fields: { naïve: "café 🍵" },
  }),
  saidAt(3000, {
    node: "n4",
    level: "trace",
    msg: "https://example.org/a/very/long/address/that/nobody/can/break/without/making/it/useless/for/copying and more",
  }),
  faultAt(7000, "healed", "f2", ["n4"], "pause n4: over (deadline)", { kind: "pause", reason: "deadline" }),
  saidAt(7001, { node: "n4", msg: "a late one", flags: ["joined", "late"] }),
  ...Array.from({ length: 132 }, (_, i) =>
    saidAt(7100 + i * 10, { node: "n3", level: "warn", msg: `retry ${i + 1} in ${i * 5} ms`, fields: { peer: "n1" } }),
  ),
  faultAt(31_000, "healed", "f1", ["n1", "n2", "n3"], "partition n1 | n2,n3: over (deadline)", {
    kind: "partition",
    reason: "deadline",
  }),
  saidAt(31_010, { node: "n1", event: "leader-changed", msg: "follows n2", fields: { leader: "n2", term: 4 } }),
];
