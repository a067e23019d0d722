import { levels, type Level, type LogRecord } from "../core/log-record.js";

/** What a line says, before it is known where it was said. */
export type Said = Pick<LogRecord, "level" | "event" | "msg" | "fields">;

/**
 * Understands one line: our own JSON (`LogLine`), the JSON of other loggers (pino, winston, zap, slog, bunyan, structlog), or text.
 * Whatever it is not sure of stays in `msg` or `fields`; it never throws and never loses anything but a logger's own clock.
 */
export function parseLine(text: string): Said {
  const object = text.startsWith("{") ? parseObject(text) : undefined;
  return (object === undefined ? undefined : (fromOurLine(object) ?? fromOtherLogger(object))) ?? fromText(text);
}

type Json = Readonly<Record<string, unknown>>;

function parseObject(text: string): Json | undefined {
  try {
    // an object, because the text starts with a brace
    return JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
}

/** Our own line: time and node are left out, because the engine knows both better. */
function fromOurLine({ ts, level, node, event, msg, ...fields }: Json): Said | undefined {
  if (typeof ts !== "string" || typeof node !== "string" || typeof event !== "string" || typeof msg !== "string")
    return undefined;
  return isLevel(level) ? { level, event, msg, fields } : undefined;
}

const messageKeys = ["msg", "message", "event"];
const levelKeys = ["level", "lvl", "severity", "levelname", "log.level"];

function fromOtherLogger(object: Json): Said | undefined {
  const messageKey = messageKeys.find((key) => typeof object[key] === "string");
  if (messageKey === undefined) return undefined;
  const levelKey = levelKeys.find((key) => levelOf(object[key]) !== undefined);
  const msg = String(object[messageKey]);
  const level = (levelKey === undefined ? undefined : levelOf(object[levelKey])) ?? "info";
  const event = messageKey !== "event" && typeof object["event"] === "string" ? object["event"] : "";
  const used = new Set([messageKey, levelKey, event === "" ? undefined : "event"]);
  return { level, event, msg, fields: Object.fromEntries(Object.entries(object).filter(([key]) => !used.has(key))) };
}

const levelNames: ReadonlyMap<string, Level> = new Map([
  ...levels.map((level) => [level, level] as const),
  ["verbose", "debug"],
  ["dbg", "debug"],
  ["information", "info"],
  ["notice", "info"],
  ["warning", "warn"],
  ["err", "error"],
  ["severe", "error"],
  ["critical", "fatal"],
  ["crit", "fatal"],
  ["panic", "fatal"],
  ["dpanic", "fatal"],
  ["alert", "fatal"],
  ["emergency", "fatal"],
]);

/** Names as loggers spell them, or the numbers of bunyan and pino (10 trace … 60 fatal). */
function levelOf(value: unknown): Level | undefined {
  if (typeof value === "string") return levelNames.get(value.toLowerCase());
  if (typeof value === "number" && value >= 10) return levels[Math.min(Math.floor(value / 10), levels.length) - 1];
  return undefined;
}

/** A level in capitals near the start, in brackets, before a colon, or as `level=`; "0 errors found" says nothing of the kind. */
const spokenLevels = [
  /^.{0,80}?\b(TRACE|DEBUG|INFO|NOTICE|WARN|WARNING|ERROR|ERR|FATAL|CRITICAL|PANIC)\b/,
  /^.{0,80}?\[(trace|debug|info|notice|warn|warning|error|err|fatal|critical)\]/i,
  /^(?:.{0,80}?\s)?(?:level|lvl)="?(\w+)/i,
  /^(warning|error|fatal|panic)(?: error)?:/i,
];
/** `TypeError: x is not a function`, also after `Uncaught`. */
const exception = /^(?:Uncaught )?\w*(?:Error|Exception)\b.*:/;

/** Text says its level only sometimes, and a stream says nothing: many programs write everything to stderr. */
function fromText(text: string): Said {
  return { level: levelOfText(text), event: "", msg: text, fields: {} };
}

function levelOfText(text: string): Level {
  const start = text.slice(0, 200);
  for (const pattern of spokenLevels) {
    const level = levelOf(pattern.exec(start)?.[1]);
    if (level !== undefined) return level;
  }
  return exception.test(start) ? "error" : "info";
}

export function isLevel(value: unknown): value is Level {
  return levels.includes(value as Level);
}
