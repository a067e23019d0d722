// What a story needs to be told: commands run as a user would type them, checks, and the cluster's log in the margin.
import { fileURLToPath } from "node:url";
import chalk from "chalk";
import { execa } from "execa";

const cli = fileURLToPath(new URL("../../bin/run.js", import.meta.url));
const patienceMs = 20_000;
const pollMs = 200;
const signalExit = { SIGINT: 130, SIGTERM: 143 };

/** @param {string} cluster name given to every command but those that say otherwise */
export function createNarrator(cluster) {
  const startedAt = performance.now();
  let checks = 0;
  let failures = 0;
  let logs;
  let interruptedBy;
  let ending = false;
  // the story is broken off at its next step, so that what it made is still taken down; a second signal ends it at once
  for (const signal of Object.keys(signalExit)) {
    process.on(signal, () => {
      if (interruptedBy !== undefined) process.exit(signalExit[signal]);
      interruptedBy = signal;
    });
  }
  const goOn = () => {
    if (interruptedBy !== undefined && !ending) throw new Error(`interrupted by ${interruptedBy}`);
  };

  const line = (text) => console.log(text);

  function expect(holds, what) {
    if (holds) {
      checks++;
      line(`  ${chalk.green("✔")} ${what}`);
    } else {
      throw new Error(`expected: ${what}`);
    }
  }

  async function devious(args, { quiet = false, mayFail = false, anyCluster = false } = {}) {
    goOn();
    // before `--` if there is one: what follows is for the node
    const at = args.includes("--") ? args.indexOf("--") : args.length;
    const named = anyCluster || args[0] === "up" ? args : [...args.slice(0, at), "--cluster", cluster, ...args.slice(at)];
    if (!quiet) line(`\n${chalk.bold(`$ devious ${args.map(quote).join(" ")}`)}`);
    const result = await execa(process.execPath, [cli, ...named], { reject: false, stdin: "ignore", env: { FORCE_COLOR: "0" } });
    goOn();
    if (!quiet) for (const text of [result.stderr, result.stdout]) if (text !== "") line(text.replace(/^/gm, "  "));
    if (result.exitCode !== 0 && !mayFail) {
      throw new Error(`devious ${args.join(" ")} ended with exit code ${result.exitCode}${quiet ? `: ${result.stderr}` : ""}`);
    }
    return result;
  }

  /** Asks until the answer is neither undefined nor false, and gives it. */
  async function until(what, ask) {
    const since = performance.now();
    while (performance.now() - since < patienceMs) {
      const answer = await ask();
      if (answer !== undefined && answer !== false) {
        expect(true, `${what} ${chalk.dim(`after ${((performance.now() - since) / 1000).toFixed(1)} s`)}`);
        return answer;
      }
      await new Promise((resolve) => setTimeout(resolve, pollMs));
    }
    throw new Error(`expected within ${patienceMs / 1000} s: ${what}`);
  }

  return {
    chapter: (title) => line(`\n${chalk.cyan.bold(`── ${title} ${"─".repeat(Math.max(0, 60 - title.length))}`)}`),
    /** From here on a signal no longer keeps commands from being run. */
    beginEnd: () => (ending = true),
    say: (text) => line(`  ${text}`),
    expect,
    devious,
    until,
    /** The merged log runs along in the margin from here on. */
    followLogs: async () => {
      const env = { FORCE_COLOR: chalk.level > 0 ? "1" : "0" };
      logs = execa(process.execPath, [cli, "logs", "-f", "--cluster", cluster], {
        reject: false,
        stdin: "ignore",
        stderr: "ignore",
        env,
        buffer: false,
      });
      void (async () => {
        for await (const text of logs.iterable()) line(`  ${chalk.dim("│")} ${text}`);
      })();
    },
    stopLogs: () => logs?.kill("SIGTERM"),
    fail: (error) => {
      failures++;
      line(`\n  ${chalk.red("✖")} ${error.message}`);
    },
    finish: () => {
      const took = ((performance.now() - startedAt) / 1000).toFixed(0);
      line(
        `\n${failures === 0 ? chalk.green("The story went well") : chalk.red("The story went wrong")}: ${checks} checks held, in ${took} s.`,
      );
      process.exitCode = signalExit[interruptedBy] ?? (failures === 0 ? 0 : 1);
    },
  };
}

function quote(word) {
  return /^[\w./:=-]+$/.test(word) ? word : `'${word}'`;
}
