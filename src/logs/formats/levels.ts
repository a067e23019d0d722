import { levels, type Level } from "../../core/log-record.js";

const levelNames: ReadonlyMap<string, Level> = new Map<string, Level>([
  ...levels.map((level) => [level, level] as const),
  ["trc", "trace"],
  ["silly", "trace"],
  ["finest", "trace"],
  ["finer", "trace"],
  ["fine", "debug"],
  ["dbg", "debug"],
  ["verbose", "debug"],
  ["inf", "info"],
  ["informational", "info"],
  ["information", "info"],
  ["notice", "info"],
  ["wrn", "warn"],
  ["warning", "warn"],
  ["err", "error"],
  ["severe", "error"],
  ["ftl", "fatal"],
  ["critical", "fatal"],
  ["crit", "fatal"],
  ["panic", "fatal"],
  ["dpanic", "fatal"],
  ["alert", "fatal"],
  ["emerg", "fatal"],
  ["emergency", "fatal"],
]);

/** Names as loggers spell them, or the numbers of bunyan and pino (10 trace … 60 fatal). */
export function levelOf(value: unknown): Level | undefined {
  if (typeof value === "string") return levelNames.get(value) ?? levelNames.get(value.toLowerCase());
  if (typeof value === "number" && value >= 10) return levels[Math.min(Math.floor(value / 10), levels.length) - 1];
  return undefined;
}

export function isLevel(value: unknown): value is Level {
  return levels.includes(value as Level);
}

/** One letter, as glog, capnslog and MongoDB begin their lines. */
const letters: Readonly<Record<string, Level>> = {
  T: "trace",
  D: "debug",
  I: "info",
  N: "info",
  W: "warn",
  E: "error",
  C: "fatal",
  F: "fatal",
};

export function levelOfLetter(letter: string): Level | undefined {
  return Object.hasOwn(letters, letter) ? letters[letter] : undefined;
}

/** Severities 0 to 7 of RFC 5424, section 6.2.1. */
const severities: readonly Level[] = ["fatal", "fatal", "fatal", "error", "warn", "info", "info", "debug"];

export function levelOfSeverity(severity: number): Level | undefined {
  return severities[severity];
}

/** A level in capitals near the start, in brackets, before a colon, or as `level=`; "0 errors found" says nothing of the kind. */
const spokenLevels = [
  /^.{0,80}?\b(TRACE|DEBUG|INFO|NOTICE|WARN|WARNING|ERROR|ERR|FATAL|CRITICAL|PANIC)\b/,
  /^.{0,80}?\[(trace|debug|info|notice|warn|warning|error|err|fatal|critical)\]/i,
  /^(?:.{0,80}?\s)?(?:level|lvl)="?(\w+)/i,
  /^(warning|error|fatal|panic)(?: error)?:/i,
];

/** `TypeError: x is not a function`, also after `Uncaught`, and with its package; the first lines of other languages' traces. */
const failure =
  /^(?:(?:Uncaught )?[\w.$]*(?:Error|Exception)\b.*:|Traceback \(most recent call last\):|thread '.*' panicked at |goroutine \d+ \[|Unhandled exception)/;

/** What text says of its level: only sometimes anything, and its stream says nothing, as many programs write everything to stderr. */
export function levelOfText(text: string): Level {
  const start = text.slice(0, 200);
  for (const pattern of spokenLevels) {
    const level = levelOf(pattern.exec(start)?.[1]);
    if (level !== undefined) return level;
  }
  return failure.test(start) ? "error" : "info";
}
