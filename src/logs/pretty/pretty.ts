/**
 * The story as a person reads it:
 *
 *     12:00:00.643 n1    ┃ info  became leader term=3
 *
 * time, node, the windows of faults, level, where the terminal is wide the event, message, fields. Columns of text are as wide as what has
 * been shown so far needs, and never shrink.
 */
import type { ChalkInstance } from "chalk";
import { chaosNode, type Level, type LogRecord, levels } from "../../core/log-record.js";
import { isClock } from "../causal/clocks.js";
import { type TimeStyle, createClock } from "./clock.js";
import { displayWidth } from "./display-width.js";
import { type Marks, createFaultWindows } from "./fault-windows.js";
import { escaped, fieldText } from "./field-text.js";
import { isRepeat } from "./fold.js";
import { createMargin } from "./margin.js";
import { createRowText } from "./row-text.js";
import { type Style, levelStyles, nodeStyles, plain, styleOf } from "./style.js";

export interface PrettyOptions {
  /** Decides about colours: `new Chalk({ level: 0 })` writes plain text. */
  readonly chalk: ChalkInstance;
  /** Nodes known beforehand, so that the columns stand from the first line on. */
  readonly nodes?: readonly string[] | undefined;
  /** Let escape sequences and control characters of the nodes through, which also means that nothing is wrapped. */
  readonly raw?: boolean | undefined;
  /** Columns of the terminal; without, nothing is wrapped, and events that have a message are not shown. */
  readonly width?: number | undefined;
  /** Default: `absolute`. */
  readonly time?: TimeStyle | undefined;
  /** Neighbours that say the same but for their digits become one line. */
  readonly fold?: boolean | undefined;
  /** Draw with ASCII only, for terminals that do not take UTF-8. */
  readonly ascii?: boolean | undefined;
}

/** Every text is one line or several, without the last newline; empty where there is nothing to write yet. */
export interface Pretty {
  /** What can be written once this record has come: with folding, what was held back before it, and nothing where it is held back itself. */
  readonly line: (record: LogRecord) => string;
  /** A record of the agent that is not to be shown: the windows of faults go on by it. What was held back before it. */
  readonly skip: (record: LogRecord) => string;
  /** What is held back; at the end, and while following once a second. */
  readonly flush: () => string;
}

/** From so many columns on there is room for events. */
const wideTerminal = 120;
/** Longer events are the beginning of the message. */
const eventColumnsMost = 18;
/** With less room for messages than this, the terminal wraps better than we do. */
const roomLeast = 20;
const levelColumns = 5;
/** Fields' names are few; whoever makes them up pays for it. */
const keysMost = 1000;

/** A node's columns, as long as nothing in them changes. */
interface NodeColumns {
  readonly version: number;
  readonly nodeWidth: number;
  readonly heads: Readonly<Record<Level, string>>;
}

interface Held {
  readonly record: LogRecord;
  count: number;
  last: LogRecord;
}

export function createPretty(options: PrettyOptions): Pretty {
  const { chalk, nodes = [], raw = false, fold = false, ascii = false } = options;
  const width = raw ? undefined : options.width;
  const showsEvents = options.width !== undefined && options.width >= wideTerminal;
  const shown = raw ? (text: string) => text : escaped;
  const clock = createClock(options.time ?? "absolute");
  const windows = createFaultWindows();
  const margin = createMargin(chalk, ascii);
  const styleOfNode = nodeStyles(chalk);
  const styleOfLevel = levelStyles(chalk);
  const dim = styleOf(chalk.dim);
  const remark = styleOf(chalk.dim.italic);
  const chaosName = styleOf(chalk.bold.red);
  const chaosMessage = styleOf(chalk.bold.yellow);
  const times = ascii ? "x" : "×";

  const text = createRowText();
  const columnsOfNode = new Map<string, NodeColumns>();
  const keys = new Map<string, string>();
  let nodeWidth = Math.max(chaosNode.length, ...nodes.map((node) => node.length));
  let eventWidth = 0;
  let held: Held | undefined;

  /** The columns from the node's to the level's, for every level. */
  function headsOf(node: string, marks: Marks): Readonly<Record<Level, string>> {
    const name = styled(node.padEnd(nodeWidth), node === chaosNode ? chaosName : styleOfNode(node));
    const before = `${name} ${margin.draw(marks)} `;
    const heads = levels.map((level) => [level, `${before}${styled(level.padEnd(levelColumns), styleOfLevel[level])} `] as const);
    return Object.fromEntries(heads) as Record<Level, string>;
  }

  function columnsOf(node: string): NodeColumns {
    const known = columnsOfNode.get(node);
    if (known !== undefined && known.version === windows.version && known.nodeWidth === nodeWidth) return known;
    const columns = { version: windows.version, nodeWidth, heads: headsOf(node, windows.marksOf(node)) };
    columnsOfNode.set(node, columns);
    return columns;
  }

  function keyText(key: string): string {
    let known = keys.get(key);
    if (known === undefined) {
      known = ` ${shown(key)}=`;
      if (keys.size === keysMost) keys.clear();
      keys.set(key, known);
    }
    return known;
  }

  /** The event's column, and the space after it; without the event where it is too long for a column. */
  function eventColumn(name: string): string {
    const columns = displayWidth(name);
    if (columns > eventColumnsMost) return eventColumn("");
    eventWidth = Math.max(eventWidth, columns);
    return eventWidth === 0 ? "" : `${styled(name + " ".repeat(eventWidth - columns), dim)} `;
  }

  function fill({ record, count, last }: Held, eventName: string): void {
    const { event, fields, flags, msg, node } = record;
    text.clear();
    if (displayWidth(eventName) > eventColumnsMost) text.add(`${eventName} `, dim);
    const message = shown(msg === "" ? event : msg);
    if (message !== "") text.add(message, node === chaosNode ? chaosMessage : plain);
    for (const key of Object.keys(fields)) {
      // what is null is told by the message
      if (fields[key] === null || isClock(key, fields)) continue;
      const name = keyText(key);
      text.add(text.isEmpty ? name.slice(1) : name, dim);
      text.add(fieldText(fields[key], shown), plain);
    }
    if (flags !== undefined) text.add(` (${flags.join(", ")})`, remark);
    if (count > 1) text.add([` ${times} ${count}`, clock(last.ts)].filter((part) => part !== "").join(" until "), remark);
  }

  function render(one: Held): string {
    const { event, level, msg, node, ts } = one.record;
    nodeWidth = Math.max(nodeWidth, node.length);
    const told = windows.move(one.record);
    const time = clock(ts);
    const head = (told === undefined ? columnsOf(node).heads : headsOf(node, told))[level];
    const eventName = showsEvents && !isSaid(event, msg) ? shown(event) : "";
    const start = (time === "" ? "" : `${styled(time, dim)} `) + head + (showsEvents ? eventColumn(eventName) : "");
    fill(one, eventName);
    const timeColumns = time === "" ? 0 : time.length + 1;
    const indent = timeColumns + nodeWidth + windows.columns + levelColumns + 3 + (eventWidth === 0 ? 0 : eventWidth + 1);
    if (width === undefined || width - indent < roomLeast) return start + text.whole();
    const [first = "", ...rest] = text.wrapped(width - indent);
    if (rest.length === 0) return start + first;
    const bars = margin.drawBelow(told ?? windows.marksOf(node));
    const before = " ".repeat(timeColumns + nodeWidth + 1);
    const after = " ".repeat(indent - before.length - windows.columns);
    return [start + first, ...rest.map((row) => before + bars + after + row)].join("\n");
  }

  function flush(): string {
    if (held === undefined) return "";
    const line = render(held);
    held = undefined;
    return line;
  }

  return {
    flush,
    line(record) {
      if (!fold) return render({ record, count: 1, last: record });
      if (held !== undefined && isRepeat(held.record, record)) {
        held.count++;
        held.last = record;
        return "";
      }
      const before = flush();
      held = { record, count: 1, last: record };
      return before;
    },
    skip(record) {
      const before = flush();
      windows.move(record);
      return before;
    },
  };
}

function styled(text: string, { open, close }: Style): string {
  return open + text + close;
}

/** True where every word of the event is in the message already. */
function isSaid(event: string, msg: string): boolean {
  if (msg === "") return true;
  const said = msg.toLowerCase();
  for (let from = 0; from < event.length;) {
    const dash = event.indexOf("-", from);
    const to = dash === -1 ? event.length : dash;
    if (!said.includes(event.slice(from, to))) return false;
    from = to + 1;
  }
  return true;
}
