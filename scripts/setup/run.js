/** Running other programs. */
import { spawn, spawnSync } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { root } from "./checkout.js";
import { Trouble } from "./trouble.js";

/** Administrators' programs (tc, nft, dockerd) are often not on a user's PATH; we and our children look there as well. */
export function widenPath() {
  const known = (process.env.PATH ?? "").split(delimiter);
  const more = ["/usr/local/sbin", "/usr/sbin", "/sbin"].filter((folder) => !known.includes(folder));
  process.env.PATH = [...known, ...more].join(delimiter);
}

/** Where `program` is on the PATH, or undefined. */
export function findProgram(program) {
  return (process.env.PATH ?? "")
    .split(delimiter)
    .map((folder) => join(folder, program))
    .find((path) => {
      try {
        accessSync(path, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}

/** Runs a step in silence; when it fails, its last lines are the explanation. */
export function runQuietly(command, args, { timeoutMs, env = {} }) {
  const result = spawnSync(command, args, {
    cwd: root,
    encoding: "utf8",
    env: { ...process.env, ...env },
    maxBuffer: 64 * 1024 * 1024,
    timeout: timeoutMs,
  });
  if (result.status === 0) return result.stdout;
  const why = result.error?.code === "ETIMEDOUT" ? `took longer than ${timeoutMs / 1000} s` : (result.error?.message ?? "failed");
  const lastLines = `${result.stdout ?? ""}${result.stderr ?? ""}`.trim().split("\n").slice(-20);
  throw new Trouble(`\`${[command, ...args].join(" ")}\` ${why}.`, lastLines);
}

/** True where the program ends well; says nothing. */
export function succeeds(command, args) {
  return spawnSync(command, args, { stdio: "ignore", timeout: 20_000 }).status === 0;
}

/** Runs a program on this terminal and resolves to its exit code; 128+n after a signal, as shells count. */
export function runHere(command, args, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: root, stdio: "inherit", ...options });
    // Ctrl-C reaches the whole terminal group; this program stays until the child has cleaned up.
    const wait = () => {};
    process.on("SIGINT", wait);
    const relay = () => child.kill("SIGTERM");
    process.on("SIGTERM", relay);
    child.on("error", reject);
    child.on("close", (code, signal) => {
      process.off("SIGINT", wait).off("SIGTERM", relay);
      resolve(code ?? (signal === "SIGINT" ? 130 : 143));
    });
  });
}
