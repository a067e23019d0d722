/** Every fault there is, by the name of its command: which keys it takes, and the wish that they make. */
import { type Chance, type Impairment, type Loss, distributions } from "../chaos/impairment.js";
import { signals } from "../chaos/kill.js";
import { parseShape } from "../chaos/shape.js";
import { directions } from "../chaos/slow.js";
import { defaultGraceMs } from "../chaos/stop.js";
import { type Target, parseTarget } from "../chaos/target.js";
import { type Traffic, protocols, traffic } from "../chaos/traffic.js";
import type { Wish } from "../chaos/wish.js";
import { parsePercent } from "../core/quantity.js";
import type { WordReader } from "./word-reader.js";

interface Kind {
  /** The key that a text instead of a mapping stands for. */
  readonly main: string;
  readonly keys: readonly string[];
  /** Collects in `words` what is wrong; the wish is worth nothing then. */
  readonly wish: (words: WordReader) => Wish;
}

const trafficKeys = ["port", "proto"];

export const kinds = {
  pause: { main: "target", keys: ["target"], wish: (words) => ({ kind: "pause", target: target(words) }) },
  partition: {
    main: "shape",
    keys: ["shape", "percent", ...trafficKeys],
    wish: (words) => {
      const shape = words.need("shape", parseShape, "a partition such as `isolate n1` or `n1 | n2,n3`", { kind: "ring" });
      const percent = words.percent("percent") ?? (shape.kind === "flaky" ? 50 : 100);
      return { kind: "partition", shape, traffic: trafficOf(words), percent };
    },
  },
  slow: {
    main: "target",
    keys: [
      "target",
      "delay",
      "jitter",
      "correlation",
      "distribution",
      "loss",
      "duplicate",
      "corrupt",
      "reorder",
      "gap",
      "rate",
      "burst",
      "to",
      "direction",
      ...trafficKeys,
    ],
    wish: (words) => ({
      kind: "slow",
      target: target(words),
      to: words.read("to", parseAudience, "peers, clients, all or nodes", "peers") ?? "peers",
      direction: words.oneOf("direction", directions) ?? "from",
      impairment: impairmentOf(words),
      traffic: trafficOf(words),
    }),
  },
  kill: {
    main: "target",
    keys: ["target", "signal"],
    wish: (words) => ({ kind: "kill", target: target(words), signal: words.oneOf("signal", signals) ?? "KILL" }),
  },
  stop: { main: "target", keys: ["target", "grace"], wish: (words) => stopOrRestart("stop", words) },
  restart: { main: "target", keys: ["target", "grace"], wish: (words) => stopOrRestart("restart", words) },
  "crash-loop": {
    main: "target",
    keys: ["target", "every"],
    wish: (words) => ({ kind: "crash-loop", target: target(words), everyMs: words.durationMs("every") ?? 5000 }),
  },
  cpu: {
    main: "target",
    keys: ["target", "cpus"],
    wish: (words) => ({ kind: "cpu", target: target(words), cpus: words.number("cpus") ?? 0.1 }),
  },
  memory: {
    main: "target",
    keys: ["target", "limit"],
    wish: (words) => ({ kind: "memory", target: target(words), bytes: words.bytes("limit") ?? 0 }),
  },
  disk: {
    main: "target",
    keys: ["target", "slow-fsync", "fail-fsync", "lose-unsynced", "tear-writes", "flip-bit"],
    wish: (words) => ({
      kind: "disk",
      target: target(words),
      trouble: {
        fsyncDelayMs: words.durationMs("slow-fsync") ?? 0,
        fsyncFails: words.flag("fail-fsync"),
        losesUnsynced: words.flag("lose-unsynced"),
        tearsWrites: words.flag("tear-writes"),
        flipsBit: words.flag("flip-bit"),
      },
    }),
  },
  clock: {
    main: "target",
    keys: ["target", "skew", "jump", "drift"],
    wish: (words) => ({
      kind: "clock",
      target: target(words),
      trouble: {
        skewMs: words.signedMs("skew") ?? 0,
        jumpMs: words.durationMs("jump") ?? 0,
        driftPercent: words.percent("drift") ?? 0,
      },
    }),
  },
} as const satisfies Readonly<Record<string, Kind>> as Readonly<Record<Wish["kind"], Kind>>;

export type FaultKind = Wish["kind"];

export const faultKinds = Object.keys(kinds) as readonly FaultKind[];

function target(words: WordReader): Target {
  return words.need("target", parseTarget, "whom it hits, e.g. n1, leader or random(2)", [{ by: "all" }]);
}

function stopOrRestart(kind: "stop" | "restart", words: WordReader): Wish {
  return { kind, target: target(words), graceMs: words.durationMs("grace") ?? defaultGraceMs };
}

function parseAudience(text: string): "peers" | "clients" | "all" | Target {
  return text === "peers" || text === "clients" || text === "all" ? text : parseTarget(text);
}

function trafficOf(words: WordReader): Traffic {
  const parsePorts = (text: string): number[] | undefined =>
    /^\d+(\s*,\s*\d+)*$/.test(text) ? text.split(",").map(Number) : undefined;
  const ports = words.read("port", parsePorts, "a port, or several with commas between them", []) ?? [];
  return traffic(words.oneOf("proto", protocols), ports);
}

function impairmentOf(words: WordReader): Impairment {
  const timeMs = words.durationMs("delay");
  const jitterMs = words.durationMs("jitter");
  const correlation = words.percent("correlation");
  const distribution = words.oneOf("distribution", distributions);
  const bitsPerSecond = words.rate("rate");
  const burstBytes = words.bytes("burst");
  const gap = words.number("gap");
  const reorder = words.read("reorder", parseChance, "a percentage, or two: `25% 50%`", never);
  for (const [key, needed] of dependents) {
    if (words.has(key) && !words.has(needed)) words.problems.push([key, `${key} means nothing without ${needed}`]);
  }
  return {
    delay:
      timeMs === null
        ? null
        : { timeMs, jitterMs: jitterMs ?? 0, correlation: correlation ?? 0, distribution: distribution ?? "normal" },
    loss: words.read("loss", parseLoss, "a percentage, `gemodel P R 1-H 1-K` or `state P13 P31 P32 P23 P14`", {
      model: "random",
      ...never,
    }),
    duplicate: words.read("duplicate", parseChance, "a percentage, or two: `1% 25%`", never),
    corrupt: words.read("corrupt", parseChance, "a percentage, or two: `1% 25%`", never),
    reorder: reorder === null ? null : { ...reorder, gap: gap ?? 1 },
    rate: bitsPerSecond === null ? null : { bitsPerSecond, burstBytes },
  };
}

const dependents = [
  ["jitter", "delay"],
  ["correlation", "delay"],
  ["distribution", "delay"],
  ["gap", "reorder"],
  ["burst", "rate"],
] as const;

const never: Chance = { percent: 0, correlation: 0 };

/** `2%`, or with its correlation `2% 25%`. */
function parseChance(text: string): Chance | undefined {
  const [percent, correlation = 0, ...more] = text.split(/\s+/).map(parsePercent);
  return percent === undefined || more.length > 0 ? undefined : { percent, correlation };
}

function parseLoss(text: string): Loss | undefined {
  const [model, ...rest] = text.split(/\s+/);
  const percents = rest.map(parsePercent).filter((one) => one !== undefined);
  if (percents.length !== rest.length) return undefined;
  if (model === "gemodel") {
    const [p, r = 100 - (p ?? 0), oneMinusH = 100, oneMinusK = 0, ...more] = percents;
    return p === undefined || more.length > 0 ? undefined : { model, p, r, oneMinusH, oneMinusK };
  }
  if (model === "state") {
    const [p13, p31 = 100 - (p13 ?? 0), p32 = 0, p23 = 100, p14 = 0, ...more] = percents;
    return p13 === undefined || more.length > 0 ? undefined : { model, p13, p31, p32, p23, p14 };
  }
  const chance = parseChance(text);
  return chance === undefined ? undefined : { model: "random", ...chance };
}
