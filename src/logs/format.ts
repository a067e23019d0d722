import type { ChalkInstance } from "chalk";
import { chaosNode, type Level, type LogRecord } from "../core/log-record.js";
import { msOfStamp } from "./stamp.js";

/** Writes one record as one line, without the newline. */
export type Format = (record: LogRecord) => string;

/** One JSON object a line, the record as it is. JSON itself lets C1 controls pass, which some terminals obey: they are escaped too. */
export const formatJson: Format = (record) => JSON.stringify(record).replace(controls, unicodeEscape);

export interface PrettyOptions {
  /** Decides about colours: `new Chalk({ level: 0 })` writes plain text. */
  readonly chalk: ChalkInstance;
  /** Nodes known beforehand, so that the columns stand from the first line on. */
  readonly nodes?: readonly string[] | undefined;
  /** Let escape sequences and control characters of the nodes through. */
  readonly raw?: boolean | undefined;
}

/**
 * For a person: `10:00:00.123 n1    info  became leader term=3`. Local time, the node in its colour, level, message, then fields.
 * Faults carry a bar between node and level, and are bold. Node names make the column wider as they appear.
 */
export function createPretty({ chalk, nodes = [], raw = false }: PrettyOptions): Format {
  const colourOf = nodeColours(chalk);
  const shown = raw ? (text: string) => text : escapeControls;
  let width = Math.max(chaosNode.length, ...nodes.map((node) => node.length));
  const levelColours = levelColoursOf(chalk);

  return (record) => {
    width = Math.max(width, record.node.length);
    const isFault = record.node === chaosNode;
    const name = record.node.padEnd(width);
    const message = shown(record.msg === "" ? record.event : record.msg);
    const fields = Object.entries(record.fields).map(([key, value]) => `${shown(key)}=${fieldText(value, shown)}`);
    return [
      chalk.dim(clockTime(record.ts)),
      isFault ? chalk.bold.red(`${name} █`) : `${colourOf(record.node)(name)}  `,
      levelColours[record.level](record.level.padEnd(5)),
      isFault ? chalk.bold.yellow(message) : message,
      ...fields.map((field) => chalk.dim(field)),
      ...(record.flags === undefined ? [] : [chalk.dim.italic(`(${record.flags.join(", ")})`)]),
    ]
      .filter((part) => part !== "")
      .join(" ");
  };
}

type Paint = (text: string) => string;

function levelColoursOf(chalk: ChalkInstance): Record<Level, Paint> {
  return {
    trace: chalk.dim,
    debug: chalk.dim,
    info: chalk.green,
    warn: chalk.yellow,
    error: chalk.red,
    fatal: chalk.bgRed.white,
  };
}

/**
 * A colour by the hash of the name, the next free one where it is taken. The hash puts names that differ in their last
 * digit side by side, so that the nodes of one service never collide while there are colours left.
 */
function nodeColours(chalk: ChalkInstance): (node: string) => Paint {
  const palette = [
    chalk.cyan,
    chalk.green,
    chalk.magenta,
    chalk.yellow,
    chalk.blue,
    chalk.cyanBright,
    chalk.greenBright,
    chalk.magentaBright,
    chalk.yellowBright,
    chalk.blueBright,
  ] as const;
  const slotOf = new Map<string, number>();
  return (node) => {
    let slot = slotOf.get(node);
    if (slot === undefined) {
      slot = hash(node) % palette.length;
      const taken = new Set(slotOf.values());
      for (let tried = 0; taken.has(slot) && tried < palette.length; tried++) slot = (slot + 1) % palette.length;
      slotOf.set(node, slot);
    }
    return palette[slot] ?? chalk.white;
  };
}

function hash(name: string): number {
  let value = 0;
  for (let i = 0; i < name.length; i++) value = (Math.imul(value, 31) + name.charCodeAt(i)) >>> 0;
  return value;
}

/** `HH:MM:SS.mmm`, local. */
function clockTime(stamp: string): string {
  const date = new Date(msOfStamp(stamp));
  const two = (value: number): string => String(value).padStart(2, "0");
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}.${stamp.slice(20, 23)}`;
}

/** Bare where nothing in it could be mistaken for the end of the value. */
function fieldText(value: unknown, shown: (text: string) => string): string {
  if (typeof value === "string" && /^[^\s"=]+$/.test(value)) return shown(value);
  return shown(JSON.stringify(value) ?? "undefined");
}

/** C0, DEL and C1, line and paragraph separators, and what turns the direction of text. */
const controls = /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu;
const shortEscapes: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\t": "\\t" };

/** Control characters, escape sequences and text direction overrides made visible, so that no node can drive the reader's terminal. */
export function escapeControls(text: string): string {
  return text.replace(controls, (char) => shortEscapes[char] ?? (char < "\u0100" ? hexEscape(char) : unicodeEscape(char)));
}

function hexEscape(char: string): string {
  return `\\x${char.charCodeAt(0).toString(16).padStart(2, "0")}`;
}

function unicodeEscape(char: string): string {
  return `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`;
}
