import type { Report } from "../cluster/steps.js";
import { formatDuration } from "../core/duration.js";
import type { Terminal } from "./terminal.js";

/**
 * Draws steps: a tick and the time for each that ended, and, where a person watches, one last line with those that go on.
 * Elsewhere plain lines, in the order in which the steps end.
 */
export function createProgress(terminal: Terminal, write: (text: string) => void): Report {
  const { chalk, live, draw } = terminal;
  const running: string[] = [];
  const clearLine = (): void => {
    if (live && running.length > 0) write("\r\x1b[K");
  };
  const drawLine = (): void => {
    if (live && running.length > 0) write(chalk.dim(`${draw("…")} ${running.join(", ")}`));
  };
  const end = (step: string): void => {
    const at = running.indexOf(step);
    if (at >= 0) running.splice(at, 1);
  };
  return (event) => {
    clearLine();
    switch (event.type) {
      case "started":
        running.push(event.step);
        break;
      case "done":
        end(event.step);
        write(`${chalk.green(draw("✔"))} ${event.step} ${chalk.dim(formatDuration(event.tookMs))}\n`);
        break;
      case "failed":
        end(event.step);
        write(`${chalk.red(draw("✖"))} ${event.step} ${chalk.dim(formatDuration(event.tookMs))}\n`);
        break;
      case "note":
        write(`${event.text}\n`);
        break;
    }
    drawLine();
  };
}
