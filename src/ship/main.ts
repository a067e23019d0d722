/** Entry point of the shipper's container. */
import { setTimeout as sleep } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { messageOf } from "../core/errors.js";
import { createLog } from "../core/log-line.js";
import { shipEvents, shipGraceMs, shipPaths, shipperNode } from "../core/ship-contract.js";
import { createDockerEngine } from "../engine/docker/docker-engine.js";
import { createBookmarkFile } from "./bookmark-file.js";
import { logsUrl } from "./endpoint.js";
import { readSettings } from "./settings.js";
import { createSender } from "./sender.js";
import { ship } from "./shipper.js";

// it runs beside what the user measures: let its heap grow slowly instead of freely, at the price of more collections
setFlagsFromString("--heap-growing-percent=30");

/** After the engine's restart the mount of its socket is nobody's, and only a new start of the container mends that. */
const engineAwayMs = 5000;

const log = createLog(shipperNode, Date.now, (line) => process.stdout.write(line));
const settings = readSettings(process.env);
if (typeof settings === "string") {
  log("fatal", shipEvents.failed, settings);
  process.exit(64);
}

const stop = new AbortController();
for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => stop.abort());

const { cluster, otlp, headers, except } = settings;
try {
  await ship({
    engine: createDockerEngine({ url: `unix://${shipPaths.engineSocket}`, from: "the mount", certDir: undefined }),
    cluster,
    except,
    otlp,
    sender: createSender({ url: logsUrl(otlp), headers }),
    file: createBookmarkFile(shipPaths.dir),
    log,
    stop: stop.signal,
    graceMs: shipGraceMs,
    engineAwayMs,
    pause: (ms, signal) => sleep(ms, undefined, { signal }).catch(() => undefined),
  });
  // connections to the receiver may be open, and one that does not answer is not waited for
  process.exit(0);
} catch (error) {
  // a failure, so that the container's restart policy starts it anew, with the engine's socket of that day
  log("fatal", shipEvents.failed, `sending broke off: ${messageOf(error)}`);
  process.exit(3);
}
