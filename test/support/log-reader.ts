import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { LogRecord } from "../../src/core/log-record.js";
import { bin } from "./cli.js";

/** `devious logs --json` as a user runs it, and what it has printed so far. */
export class LogReader {
  readonly records: LogRecord[] = [];
  readonly #process: ChildProcess;
  readonly #ended: Promise<void>;
  #complaints = "";

  /** `host`: address of an engine other than the usual one. */
  constructor(cluster: string, flags: readonly string[] = [], host?: string) {
    this.#process = spawn(process.execPath, [bin, "logs", "--cluster", cluster, "--json", ...flags], {
      stdio: ["ignore", "pipe", "pipe"],
      env: host === undefined ? process.env : { ...process.env, DOCKER_HOST: host },
    });
    this.#process.stderr?.on("data", (text) => (this.#complaints += String(text)));
    this.#ended = this.#readAll();
  }

  /** What a node's program said, in the order in which it was shown. */
  of(node: string): readonly LogRecord[] {
    return this.records.filter((record) => record.node === node && record.stream !== "engine");
  }

  /** Waits for a record that is as asked; throws with `what` where the reader ends, or the time is over, before one comes. */
  async until(what: string, timeoutMs: number, isThere: (record: LogRecord) => boolean): Promise<void> {
    const endsAt = Date.now() + timeoutMs;
    for (let seen = 0; ;) {
      for (; seen < this.records.length; seen++) if (isThere(this.records[seen] as LogRecord)) return;
      if (this.#process.exitCode !== null || Date.now() > endsAt)
        throw new Error(`never read: ${what}; ${this.records.length} records were${this.#complaints}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  /** Ends by itself where it does not follow. */
  async end(): Promise<void> {
    await this.#ended;
    if (this.#process.exitCode !== 0) throw new Error(`logs ended with ${this.#process.exitCode}: ${this.#complaints}`);
  }

  kill(): void {
    this.#process.kill("SIGKILL");
  }

  async #readAll(): Promise<void> {
    if (this.#process.stdout === null) return;
    for await (const line of createInterface({ input: this.#process.stdout })) this.records.push(JSON.parse(line) as LogRecord);
    if (this.#process.exitCode === null) await new Promise((resolve) => this.#process.once("close", resolve));
  }
}
