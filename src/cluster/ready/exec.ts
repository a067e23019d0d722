import { setTimeout as sleep } from "node:timers/promises";
import { formatDuration } from "../../core/duration.js";
import { messageOf } from "../../core/errors.js";
import type { Exec } from "../../engine/port.js";
import type { ProbeBy, Refusal } from "./index.js";

/**
 * Ready where the command ends with exit code 0. The engine cannot end one that takes too long: the next attempt waits for that one again, so
 * that there is never more than one.
 */
export function byExec(
  engine: Pick<Exec, "exec">,
  containerId: string,
  { command }: ProbeBy<"exec">,
): (timeoutMs: number) => Promise<Refusal | undefined> {
  const shown = command.join(" ");
  let running: Promise<Refusal | undefined> | undefined;
  const run = async (): Promise<Refusal | undefined> => {
    const said: Uint8Array[] = [];
    const take = (chunk: Uint8Array): void => void said.push(chunk);
    try {
      const { exitCode } = await engine.exec(containerId, command, take, take);
      if (exitCode === 0) return undefined;
      const [last] = Buffer.concat(said).toString("utf8").trim().split("\n").slice(-1);
      return { what: `\`${shown}\` ended with exit code ${exitCode}${last === undefined || last === "" ? "" : `: ${last}`}` };
    } catch (error) {
      return { what: `\`${shown}\` could not be run: ${messageOf(error).replace(/\.$/, "")}` };
    } finally {
      running = undefined;
    }
  };
  return async (timeoutMs) => {
    const timer = new AbortController();
    const late = { what: `\`${shown}\` had not ended after ${formatDuration(Math.ceil(timeoutMs))}` };
    const over = sleep(timeoutMs, late, { signal: timer.signal }).catch(() => late);
    return Promise.race([(running ??= run()), over]).finally(() => timer.abort());
  };
}
