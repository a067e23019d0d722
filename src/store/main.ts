/** The program in a node container. Exit codes: 0 stopped when asked to, or removed from its cluster · 3 cannot start or go on (the last log line says why). */
import { createLog } from "../core/log-line.js";
import { messageOf } from "../core/errors.js";
import { nodeEnv } from "../core/node-contract.js";
import { createPrng } from "../core/prng.js";
import { randomInt } from "node:crypto";
import { setFlagsFromString } from "node:v8";
import { MemberRemoved } from "./begin.js";
import { Causality } from "./causality.js";
import { TroubledClock } from "./clock.js";
import { realTime } from "./io/real-time.js";
import { readTlsKeys } from "./io/tls-keys.js";
import { lastWordsOn } from "./last-words.js";
import { leaderlessOptions } from "./leaderless-node/options.js";
import { startLeaderless } from "./leaderless-node/start.js";
import { designOf, optionsFromEnv } from "./node-options.js";
import { startNode } from "./start-node.js";
import type { World } from "./start-node.js";

// V8 lets a heap grow to several times what is in use before it looks through all of it. Ours is mostly data that stays, and looking through it
// is done beside the work. A V8 that does not know the flag says so on stderr, and goes on without.
setFlagsFromString("--heap-growing-percent=150");

const clock = new TroubledClock(realTime);
const name = process.env[nodeEnv.node] ?? "node";
const causality = new Causality(name, clock.wallMs);
const log = createLog(
  name,
  clock.wallMs,
  (line) => process.stdout.write(line),
  () => causality.line(),
);

/** Ends the process at once: after this nothing may be written or promised. */
function die(event: string, msg: string, fields: Readonly<Record<string, unknown>> = {}): never {
  log("fatal", event, msg, fields);
  process.exit(3);
}

function dieOf(error: unknown, otherwise: "disk-failed" | "start-failed"): never {
  const { event, msg, fields } = lastWordsOn(error, name, otherwise);
  die(event, msg, fields);
}

/** Where it stops from: nothing to do before the node is up. */
let stop = (): Promise<void> => Promise.resolve();

function end(): void {
  void stop().then(() => process.exit(0));
}

async function main(): Promise<void> {
  const { env } = process;
  const world: World = {
    log,
    causality,
    clock,
    prng: createPrng(randomInt(2 ** 32)),
    onFatal: (error) => dieOf(error, "disk-failed"),
    onRemoved: end,
  };
  const node = await (designOf(env) === "leaderless"
    ? startLeaderless(leaderlessOptions(env), world)
    : startNode(optionsFromEnv(env, readTlsKeys), world));
  stop = () => node.stop();
}

// Process 1 of a container has no default action for signals: without these it would have to be killed.
for (const signal of ["SIGTERM", "SIGINT"] as const) {
  process.on(signal, end);
}
process.on("uncaughtException", (error) => die("crashed", messageOf(error), { stack: error.stack }));
main().catch((error: unknown) => {
  if (error instanceof MemberRemoved) {
    log("warn", "removed", error.message);
    process.exit(0);
  }
  dieOf(error, "start-failed");
});
