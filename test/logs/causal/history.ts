import fc from "fast-check";
import type { LogRecord } from "../../../src/core/log-record.js";
import { Causality } from "../../../src/store/causality.js";
import { recordAt } from "../record.js";

/** Nodes that stamp their lines, and two that keep no clocks. */
const stamping = ["n1", "n2", "n3"];
export const clockless = ["u1", "u2"];

const node = fc.nat(stamping.length - 1);
const act = fc.oneof(
  { weight: 8, arbitrary: fc.record({ type: fc.constant("line" as const), node }) },
  { weight: 6, arbitrary: fc.record({ type: fc.constant("message" as const), node, to: node, isLost: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant("restart" as const), node }) },
  {
    weight: 1,
    arbitrary: fc.record({ type: fc.constant("skew" as const), node, skewMs: fc.integer({ min: -5000, max: 5000 }) }),
  },
  /** A node that stamps its lines writes one without: the stack of a crash. */
  { weight: 1, arbitrary: fc.record({ type: fc.constant("plain" as const), node }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant("clockless" as const), node: fc.nat(clockless.length - 1) }) },
);
type Act = typeof act extends fc.Arbitrary<infer T> ? T : never;

const step = fc.record({ act, afterMs: fc.integer({ min: 2, max: 30 }), lagMs: fc.nat(40) });

/** What a cluster said, and what truly came before what. */
export interface History {
  /** In the order of the engine's stamps, which follow the writing by up to 40 ms; `msg` is the record's number. */
  readonly records: readonly LogRecord[];
  /** For each number, those of the records that can have caused it, directly or through its own node's last record. */
  readonly causes: ReadonlyMap<string, readonly string[]>;
}

function play(steps: readonly { readonly act: Act; readonly afterMs: number; readonly lagMs: number }[]): History {
  const startMs = 1_700_000_000_000;
  let nowMs = startMs;
  // trouble with a clock comes after the start of a process and goes with it
  const skewsMs = stamping.map(() => 0);
  const start = (which: number): Causality => new Causality(stamping[which] ?? "", () => nowMs + (skewsMs[which] ?? 0));
  const processes = stamping.map((_, which) => start(which));
  const heard = stamping.map(() => new Set<string>());
  const lastMs = new Map<string, number>();
  const lastOf = new Map<string, string>();
  const said: { readonly atMs: number; readonly record: LogRecord }[] = [];
  const causes = new Map<string, readonly string[]>();

  const say = (name: string, fields: LogRecord["fields"], lagMs: number, known: readonly string[]): string => {
    const atMs = Math.max(lastMs.get(name) ?? 0, nowMs - startMs + lagMs);
    const msg = String(said.length);
    said.push({ atMs, record: recordAt(atMs * 1e6, { node: name, msg, fields, seq: said.length + 1 }) });
    causes.set(msg, [...known, ...(lastOf.has(name) ? [lastOf.get(name) ?? ""] : [])]);
    lastMs.set(name, atMs);
    lastOf.set(name, msg);
    return msg;
  };

  for (const { act: each, afterMs, lagMs } of steps) {
    nowMs += afterMs;
    const name = stamping[each.node] ?? "";
    const process = processes[each.node] as Causality;
    const known = heard[each.node] as Set<string>;
    if (each.type === "clockless") say(clockless[each.node] ?? "", {}, lagMs, []);
    else if (each.type === "plain") say(name, {}, lagMs, []);
    else if (each.type === "line") known.add(say(name, { ...process.line() }, lagMs, [...known]));
    else if (each.type === "skew") skewsMs[each.node] = each.skewMs;
    else if (each.type === "restart") {
      skewsMs[each.node] = 0;
      // a process says that it starts before it says anything to others
      const restarted = (processes[each.node] = start(each.node));
      known.clear();
      known.add(say(name, { ...restarted.line() }, lagMs, []));
    } else {
      const stamp = structuredClone(process.send());
      if (each.isLost) continue;
      processes[each.to]?.receive(stamp);
      for (const line of known) heard[each.to]?.add(line);
    }
  }
  return { records: said.toSorted((a, b) => a.atMs - b.atMs).map(({ record }) => record), causes };
}

export const histories = (only: (act: Act) => boolean = () => true): fc.Arbitrary<History> =>
  fc.array(step, { maxLength: 80 }).map((steps) => play(steps.filter((each) => only(each.act))));
