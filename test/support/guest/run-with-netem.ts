import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "rolldown";
import { type Finished, quote, runInGuest } from "./guest.js";
import { findNetem } from "./netem-place.js";

export interface Needs {
  /** Whether the scene needs an engine; in the guest that is one of its own. */
  readonly engine: boolean;
}

const timeoutMs = 480_000;

/**
 * Runs a scene (a TypeScript program of this checkout) where netem is real: here, or in the guest.
 * A scene prints one JSON value on stdout, its finding, and what it does on stderr. Throws where it fails, with what it said.
 */
export async function runWithNetem<Finding>(sceneFile: string, needs: Needs = { engine: false }): Promise<Finding> {
  const program = await bundle(sceneFile);
  const finished = findNetem().kind === "guest" ? await inGuest(program, needs) : await here(program);
  if (finished.exitCode !== 0)
    throw new Error(`${sceneFile} ended with exit code ${finished.exitCode}:\n${finished.stderr}${finished.stdout}`);
  return JSON.parse(finished.stdout) as Finding;
}

/** Node 20 runs no TypeScript. */
async function bundle(sceneFile: string): Promise<string> {
  const { output } = await build({
    input: sceneFile,
    platform: "node",
    write: false,
    output: { format: "esm", codeSplitting: false },
  });
  return output[0].code;
}

function inGuest(program: string, { engine }: Needs): Promise<Finished> {
  return runInGuest(`${quote(process.execPath)} "$SHARED/scene.mjs"`, { "scene.mjs": program }, { engine, timeoutMs });
}

function here(program: string): Promise<Finished> {
  const folder = mkdtempSync(join(tmpdir(), "devious-scene-"));
  const file = join(folder, "scene.mjs");
  writeFileSync(file, program);
  const scene = spawn(process.execPath, [file], {
    stdio: ["ignore", "pipe", "pipe"],
    timeout: timeoutMs,
    env: { ...process.env, NO_COLOR: "1" },
  });
  let [stdout, stderr] = ["", ""];
  scene.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
  scene.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  return new Promise((resolve, reject) => {
    scene.on("error", reject);
    scene.on("close", (code) => {
      rmSync(folder, { recursive: true });
      resolve({ exitCode: code ?? 1, stdout, stderr });
    });
  });
}
