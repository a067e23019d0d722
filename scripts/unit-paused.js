#!/usr/bin/env node
/**
 * Runs unit tests and stops all their processes now and then, for up to 1.5 s, as a machine does that has no processor for them: what
 * fails here decides by timings. Takes vitest's arguments, and twice the time that the tests take otherwise.
 */
import { spawn } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { root } from "./setup/checkout.js";
import { programOf } from "./test/tool.js";

const pausedMs = { least: 500, most: 1500 };
const goingMs = { least: 200, most: 1200 };

const args = [programOf("vitest"), "run", "--project", "unit", ...process.argv.slice(2)];
// a group of its own, which is stopped as one
const tests = spawn(process.execPath, args, { cwd: root, stdio: "inherit", detached: true });
const between = ({ least, most }) => least + Math.random() * (most - least);

function signal(name) {
  try {
    process.kill(-tests.pid, name);
  } catch (error) {
    // they have just ended
    if (error.code !== "ESRCH") throw error;
  }
}

let pauses = 0;
tests.on("exit", (code) => {
  console.log(`${pauses} pauses`);
  process.exit(code ?? 1);
});
for (const name of ["SIGINT", "SIGTERM"]) {
  process.on(name, () => {
    signal("SIGCONT");
    signal(name);
  });
}
for (;;) {
  await sleep(between(goingMs));
  signal("SIGSTOP");
  await sleep(between(pausedMs));
  signal("SIGCONT");
  pauses += 1;
}
