/** Starts dockerd where no service manager runs. */
import { spawn } from "node:child_process";
import { openSync, readFileSync, rmSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { defaultAddress, whyNoAnswer } from "./docker-api.js";
import { Trouble } from "./trouble.js";

const logFile = "/var/log/dockerd.log";
const startTimeoutMs = 60_000;

export async function startDockerd() {
  dropStalePid("/var/run/docker/containerd/containerd.pid", "containerd");
  const running = dropStalePid("/var/run/docker.pid", "dockerd");
  const started = running ? undefined : launch();
  const giveUpAt = Date.now() + startTimeoutMs;
  while ((await whyNoAnswer(defaultAddress)) !== undefined) {
    if (started?.exitCode != null)
      throw new Trouble(`dockerd ended with exit code ${started.exitCode}. Its last words (${logFile}):`, lastLines());
    if (Date.now() > giveUpAt)
      throw new Trouble(`dockerd does not answer after ${startTimeoutMs / 1000} s. Its last words (${logFile}):`, lastLines());
    await sleep(100);
  }
}

/** In a session of its own, so that it outlives this program and its terminal. */
function launch() {
  const log = openSync(logFile, "w");
  const child = spawn("dockerd", [], { detached: true, stdio: ["ignore", log, log] });
  child.unref();
  return child;
}

/**
 * A killed daemon leaves its pid file behind, and refuses to start once any other process has that number.
 * Removes the file unless the process is really that program; true where it is.
 */
function dropStalePid(file, program) {
  const pid = read(file)?.trim();
  if (pid === undefined) return false;
  if (read(`/proc/${pid}/comm`)?.trim() === program) return true;
  rmSync(file);
  return false;
}

function read(file) {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}

function lastLines() {
  return (read(logFile) ?? "").trim().split("\n").slice(-12);
}
