import type { ChalkInstance } from "chalk";
import type { Level } from "../../core/log-record.js";
import { displayWidth } from "../pretty/display-width.js";
import { cut, fit, grouped } from "./columns.js";
import { withoutColours } from "./mask.js";
import type { Template } from "./templates.js";

export type Paint = (text: string) => string;

/** How a level is coloured; the usual ones are left as they are. */
export function levelPaint(chalk: ChalkInstance, level: Level): Paint {
  switch (level) {
    case "fatal":
    case "error":
      return chalk.red;
    case "warn":
      return chalk.yellow;
    case "info":
      return (text) => text;
    case "debug":
    case "trace":
      return chalk.dim;
  }
}

const levelWidth = 5;
const nodesMost = 4;

export interface TemplateListOptions {
  readonly chalk: ChalkInstance;
  readonly width: number;
  /** Writes a stamp. */
  readonly clock: (ts: string) => string;
}

/** Two lines for each: `1,204 warn  slow-fsync: the disk took <*>`, and below it when, where and one example. */
export function renderTemplates(templates: readonly Template[], { chalk, width, clock }: TemplateListOptions): string[] {
  const countWidth = Math.max(5, ...templates.map(({ count }) => grouped(count).length));
  const indent = countWidth + 1 + levelWidth + 1;
  return templates.flatMap((one) => {
    const { template, event, level, count } = one;
    const shown = template === "" ? "(no message)" : template;
    const words = event === "" || event === template ? shown : `${event}: ${shown}`;
    const head = `${grouped(count).padStart(countWidth)} ${levelPaint(chalk, level)(fit(level, levelWidth))}`;
    return [
      `${head} ${cut(words, width - indent)}`,
      " ".repeat(indent) + chalk.dim(cut(whenAndWhere(one, clock, width - indent), width - indent)),
    ];
  });
}

/** `14:02:07–14:07:30 · n1,n2 · slow: the disk took 120ms`; the example where it says more than the template, and is of some length. */
function whenAndWhere({ template, event, nodes, firstTs, lastTs, example }: Template, clock: Paint, columns: number): string {
  const [first, last] = [clock(firstTs), clock(lastTs)];
  const others = nodes.length - nodesMost;
  const names = others > 0 ? `${nodes.slice(0, nodesMost).join(",")} and ${others} more` : nodes.join(",");
  const facts = [first === last ? first : `${first}–${last}`, names];
  const words = withoutColours(example);
  const isSame = words === template || words === event;
  const head = facts.join(" · ");
  return isSame || columns - displayWidth(head) < leastExample ? head : `${head} · ${words}`;
}

const leastExample = 16;
