/** Every fault there is, by the name of its command: which keys it takes, and the wish that they make. */
import { type Loss, distributions } from "../chaos/impairment.js";
import { type ImpairmentWords, impairmentOf, lossModels, orphansIn } from "../chaos/impairment-words.js";
import { signals } from "../chaos/kill.js";
import { type Shape, defaultDropPercent, parseShape } from "../chaos/shape.js";
import { directions } from "../chaos/slow.js";
import { defaultGraceMs } from "../chaos/stop.js";
import { type Target, parseTarget } from "../chaos/target.js";
import { type Traffic, protocols, traffic } from "../chaos/traffic.js";
import type { Wish } from "../chaos/wish.js";
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
  "wipe",
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
  wipe: { main: "target", keys: [], wish: (words) => ({ kind: "wipe", target: target(words) }) },
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
  const said = impairmentWords(words, delayKey);
  for (const [key, base] of orphansIn(said)) {
    words.problems.push([key, `${key} means nothing without ${base === "delay" ? delayKey : base}`]);
  }
  return {
    kind: "slow",
    target: target(words),
    to: words.read("to", parseAudience, "peers, clients, all or nodes", "peers") ?? "peers",
    direction: words.oneOf("direction", directions) ?? "from",
    impairment: impairmentOf(said),
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

function impairmentWords(words: WordReader, delayKey: "delay" | "time"): ImpairmentWords {
  const lossKeys = ["loss", "loss-state", "loss-gemodel"].filter((key) => words.has(key));
  for (const key of lossKeys.slice(1)) {
    words.problems.push([key, `there is one kind of loss, and it has ${lossKeys[0]} already`]);
  }
  const percent = (key: string): number | undefined => words.percent(key) ?? undefined;
  const lossModel = (key: keyof typeof lossModels): Loss | undefined => {
    const { parse, parameters } = lossModels[key];
    return words.read(key, parse, `${parameters}, each in percent`, { model: "random", percent: 1, correlation: 0 }) ?? undefined;
  };
  return {
    delay: words.durationMs(delayKey) ?? undefined,
    jitter: words.durationMs("jitter") ?? undefined,
    correlation: percent("correlation"),
    distribution: words.oneOf("distribution", distributions) ?? undefined,
    loss: percent("loss"),
    "loss-correlation": percent("loss-correlation"),
    "loss-state": lossModel("loss-state"),
    "loss-gemodel": lossModel("loss-gemodel"),
    duplicate: percent("duplicate"),
    "duplicate-correlation": percent("duplicate-correlation"),
    corrupt: percent("corrupt"),
    "corrupt-correlation": percent("corrupt-correlation"),
    reorder: percent("reorder"),
    "reorder-correlation": percent("reorder-correlation"),
    "reorder-gap": words.number("reorder-gap") ?? undefined,
    rate: words.rate("rate") ?? undefined,
    burst: words.bytes("burst") ?? undefined,
  };
}
