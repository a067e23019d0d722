/** The program in a node container. Exit codes: 0 stopped when asked to · 3 cannot start or go on (the last log line says why). */
import { createLog } from "../core/log-line.js";
import { messageOf } from "../core/errors.js";
import { nodeEnv } from "../core/node-contract.js";
import { createPrng } from "../core/prng.js";
import { randomInt } from "node:crypto";
import { WalDamaged } from "./io/wal-damaged.js";
import { startNode } from "./node.js";
import { optionsFromEnv } from "./node-options.js";

const log = createLog(process.env[nodeEnv.node] ?? "node", Date.now, (line) => process.stdout.write(line));

/** Ends the process at once: after this nothing may be written or promised. */
function die(event: string, msg: string, fields: Readonly<Record<string, unknown>> = {}): never {
  log("fatal", event, msg, fields);
  process.exit(3);
}

async function main(): Promise<void> {
  const node = await startNode(optionsFromEnv(process.env), {
    log,
    nowMs: () => performance.now(),
    prng: createPrng(randomInt(2 ** 32)),
    onFatal: (error) => die("disk-failed", `the disk refused to store: ${messageOf(error)}`),
  });
  const stop = (): void => void node.stop().then(() => process.exit(0));
  // As process 1 of a container there is no default action for these.
  process.on("SIGTERM", stop);
  process.on("SIGINT", stop);
}

process.on("uncaughtException", (error) => die("crashed", messageOf(error), { stack: error.stack }));
main().catch((error: unknown) => {
  if (error instanceof WalDamaged) die("wal-corrupt", error.message, { file: error.file, offset: error.offset });
  die("start-failed", messageOf(error));
});
