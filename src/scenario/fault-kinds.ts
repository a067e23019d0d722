/** Every fault there is, by the name of its command: which keys it takes, and the wish that they make. */
import { type Chance, type Impairment, type Loss, distributions, gemodelLoss, stateLoss } from "../chaos/impairment.js";
import { signals } from "../chaos/kill.js";
import { type Shape, defaultDropPercent, parseShape } from "../chaos/shape.js";
import { directions } from "../chaos/slow.js";
import { defaultGraceMs } from "../chaos/stop.js";
import { type Target, parseTarget } from "../chaos/target.js";
import { type Traffic, protocols, traffic } from "../chaos/traffic.js";
import type { Wish } from "../chaos/wish.js";
import { parsePercent } from "../core/quantity.js";
import type { WordReader } from "./word-reader.js";

/** Names of the commands; some commands are short for another. */
export const faultKinds = [
  "pause",
  "partition",
  "isolate",
  "slow",
  "delay",
  "kill",
  "stop",
  "restart",
  "crash-loop",
  "cpu",
  "memory",
  "disk",
  "clock",
] as const;
export type FaultKind = (typeof faultKinds)[number];

interface Kind {
  /** The key that a text instead of a mapping stands for: what the command takes without a flag. */
  readonly main: string;
  /** All others: the command's flags. */
  readonly keys: readonly string[];
  /** Those of them that must be there; the main one always must. */
  readonly needs?: readonly string[];
  /** Collects in `words` what is wrong; the wish is worth nothing then. */
  readonly wish: (words: WordReader) => Wish;
}

const trafficKeys = ["port", "proto"];
const linkKeys = ["to", "direction", ...trafficKeys];
const jitterKeys = ["jitter", "correlation", "distribution"];

/** A key, and the one that it says more about. */
const companions = [
  ["jitter", "delay"],
  ["correlation", "delay"],
  ["distribution", "jitter"],
  ["loss-correlation", "loss"],
  ["duplicate-correlation", "duplicate"],
  ["corrupt-correlation", "corrupt"],
  ["reorder-correlation", "reorder"],
  ["reorder-gap", "reorder"],
  ["burst", "rate"],
] as const;

export const kinds: Readonly<Record<FaultKind, Kind>> = {
  pause: { main: "target", keys: [], wish: (words) => ({ kind: "pause", target: target(words) }) },
  partition: {
    main: "shape",
    keys: ["drop", ...trafficKeys],
    wish: (words) => partition(words.need("shape", parseShape, "e.g. `isolate n1` or `n1 | n2,n3`", { kind: "ring" }), words),
  },
  isolate: {
    main: "target",
    keys: ["drop", ...trafficKeys],
    wish: (words) => partition({ kind: "isolate", target: target(words) }, words),
  },
  slow: {
    main: "target",
    keys: [
      "delay",
      ...jitterKeys,
      "loss",
      "loss-correlation",
      "loss-state",
      "loss-gemodel",
      "duplicate",
      "duplicate-correlation",
      "corrupt",
      "corrupt-correlation",
      "reorder",
      "reorder-correlation",
      "reorder-gap",
      "rate",
      "burst",
      ...linkKeys,
    ],
    wish: (words) => slow(words, "delay"),
  },
  delay: {
    main: "target",
    keys: ["time", ...jitterKeys, ...linkKeys],
    needs: ["time"],
    wish: (words) => slow(words, "time"),
  },
  kill: {
    main: "target",
    keys: ["signal"],
    wish: (words) => ({ kind: "kill", target: target(words), signal: words.oneOf("signal", signals) ?? "KILL" }),
  },
  stop: { main: "target", keys: ["grace"], wish: (words) => stopOrRestart("stop", words) },
  restart: { main: "target", keys: ["grace"], wish: (words) => stopOrRestart("restart", words) },
  "crash-loop": {
    main: "target",
    keys: ["every"],
    wish: (words) => ({ kind: "crash-loop", target: target(words), everyMs: words.durationMs("every") ?? 5000 }),
  },
  cpu: {
    main: "target",
    keys: ["cpus"],
    needs: ["cpus"],
    wish: (words) => ({ kind: "cpu", target: target(words), cpus: words.number("cpus") ?? 0 }),
  },
  memory: {
    main: "target",
    keys: ["limit"],
    needs: ["limit"],
    wish: (words) => ({ kind: "memory", target: target(words), bytes: words.bytes("limit") ?? 0 }),
  },
  disk: {
    main: "target",
    keys: ["slow", "fail", "lose-unsynced", "torn", "flip-bit"],
    wish: (words) => ({
      kind: "disk",
      target: target(words),
      trouble: {
        fsyncDelayMs: words.durationMs("slow") ?? 0,
        fsyncFails: words.flag("fail"),
        losesUnsynced: words.flag("lose-unsynced"),
        tearsWrites: words.flag("torn"),
        flipsBit: words.flag("flip-bit"),
      },
    }),
  },
  clock: {
    main: "target",
    keys: ["skew", "jump", "drift"],
    wish: (words) => ({
      kind: "clock",
      target: target(words),
      trouble: {
        skewMs: words.durationMs("skew") ?? 0,
        jumpMs: words.durationMs("jump") ?? 0,
        driftPercent: words.percent("drift") ?? 0,
      },
    }),
  },
};

function target(words: WordReader): Target {
  return words.need("target", parseTarget, "whom it hits, e.g. n1, leader or random(2)", [{ by: "all" }]);
}

function partition(shape: Shape, words: WordReader): Wish {
  const percent = words.percent("drop") ?? defaultDropPercent(shape);
  return { kind: "partition", shape, traffic: trafficOf(words), percent };
}

function stopOrRestart(kind: "stop" | "restart", words: WordReader): Wish {
  return { kind, target: target(words), graceMs: words.durationMs("grace") ?? defaultGraceMs };
}

/** `delayKey`: under which key the delay stands. */
function slow(words: WordReader, delayKey: "delay" | "time"): Wish {
  for (const [key, base] of companions) {
    const needed = base === "delay" ? delayKey : base;
    if (words.has(key) && !words.has(needed)) words.problems.push([key, `${key} means nothing without ${needed}`]);
  }
  return {
    kind: "slow",
    target: target(words),
    to: words.read("to", parseAudience, "peers, clients, all or nodes", "peers") ?? "peers",
    direction: words.oneOf("direction", directions) ?? "from",
    impairment: impairmentOf(words, words.durationMs(delayKey)),
    traffic: trafficOf(words),
  };
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

function impairmentOf(words: WordReader, timeMs: number | null): Impairment {
  const jitterMs = words.durationMs("jitter") ?? 0;
  const correlation = words.percent("correlation") ?? 0;
  const distribution = words.oneOf("distribution", distributions) ?? "normal";
  const bitsPerSecond = words.rate("rate");
  const burstBytes = words.bytes("burst");
  const reorder = chance(words, "reorder");
  const gap = words.number("reorder-gap") ?? 1;
  return {
    delay: timeMs === null ? null : { timeMs, jitterMs, correlation, distribution },
    loss: lossOf(words),
    duplicate: chance(words, "duplicate"),
    corrupt: chance(words, "corrupt"),
    reorder: reorder === null ? null : { ...reorder, gap },
    rate: bitsPerSecond === null ? null : { bitsPerSecond, burstBytes },
  };
}

function lossOf(words: WordReader): Loss | null {
  const asked = ["loss", "loss-state", "loss-gemodel"].filter((key) => words.has(key));
  for (const key of asked.slice(1)) words.problems.push([key, `there is one kind of loss, and it has ${asked[0]} already`]);
  const random = chance(words, "loss");
  if (random !== null) return { model: "random", ...random };
  const model = (make: (parameters: readonly number[]) => Loss | undefined) => (text: string) => {
    const parameters = text.split(",").map(parsePercent);
    return parameters.every((one) => one !== undefined) ? make(parameters) : undefined;
  };
  const standIn: Loss = { model: "random", percent: 1, correlation: 0 };
  return (
    words.read("loss-state", model(stateLoss), "p13,p31,p32,p23,p14, each in percent", standIn) ??
    words.read("loss-gemodel", model(gemodelLoss), "p,r,1-h,1-k, each in percent", standIn)
  );
}

function chance(words: WordReader, key: "loss" | "duplicate" | "corrupt" | "reorder"): Chance | null {
  const percent = words.percent(key);
  const correlation = words.percent(`${key}-correlation`) ?? 0;
  return percent === null ? null : { percent, correlation };
}
