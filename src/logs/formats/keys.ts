import type { LogFormat } from "../../core/log-format.js";
import type { Level } from "../../core/log-record.js";
import { fillHoles } from "./clef.js";
import { levelOf, levelOfLetter } from "./levels.js";
import { put, type Fields, type Said } from "./said.js";

export type Json = Readonly<Record<string, unknown>>;

/**
 * Which keys say what. Loggers that write keys differ in names only, so there is one table of names and no guessing who wrote a line.
 * Where several keys say the same, the lower rank wins, and the others stay fields.
 */
export interface Keys {
  readonly parts: ReadonlyMap<string, Part>;
  /** Where what no key says may stand inside an object. */
  readonly nested: readonly Place[];
  /** structlog calls its message `event`: so it is where nothing else is one. */
  readonly eventMayBeMessage: boolean;
  readonly levelFor: (value: unknown) => Level | undefined;
}

type PartName = "msg" | "level" | "event" | "time";

interface Part {
  readonly as: PartName;
  readonly rank: number;
  /** A level that is a letter. */
  readonly letter: boolean;
}

interface Place {
  readonly as: PartName;
  readonly key: string;
  readonly path: readonly string[];
}

const usualNames = {
  msg: ["msg", "message", "@m", "@message", "Message", "short_message", "@mt"],
  level: ["level", "lvl", "severity", "levelname", "log.level", "@l", "@level", "LogLevel", "Level", "s"],
  event: ["event", "event.action", "event.name", "event_name", "@i"],
  time: [],
} as const satisfies Readonly<Record<PartName, readonly string[]>>;

/** ECS may say the same inside objects. */
const usualPlaces: readonly Place[] = [
  { as: "level", key: "log", path: ["level"] },
  { as: "event", key: "event", path: ["action"] },
];

type Names = { readonly [as in PartName]?: string | undefined };

export const usualKeys: Keys = { ...namedBy({}), eventMayBeMessage: true, levelFor: levelOf };

/** The usual keys, but for what this format names itself. */
export function keysOf(format: LogFormat): Keys {
  const { time, level, message, event, levels = {} } = format;
  return {
    ...namedBy({ time, level, msg: message, event }),
    eventMayBeMessage: event === undefined && message === undefined,
    levelFor: (value) => {
      const said = String(value).toLowerCase();
      return Object.hasOwn(levels, said) ? levels[said] : levelOf(value);
    },
  };
}

function namedBy(names: Names): Pick<Keys, "parts" | "nested"> {
  const all = Object.keys(usualNames) as PartName[];
  const parts = new Map<string, Part>();
  for (const as of all.filter((one) => names[one] === undefined))
    for (const [rank, key] of usualNames[as].entries()) parts.set(key, { as, rank, letter: key === "s" });
  const nested = usualPlaces.filter(({ as }) => names[as] === undefined);
  for (const as of all) {
    const name = names[as];
    if (name === undefined) continue;
    parts.set(name, { as, rank: 0, letter: false });
    const [key = "", ...path] = name.split(".");
    if (path.length > 0) nested.push({ as, key, path });
  }
  return { parts, nested };
}

interface Choice {
  readonly key: string;
  readonly rank: number;
  readonly said: string;
}

type Chosen = { [as in PartName]?: Choice };

/**
 * What an object says. Its time stays a field unless the format names it, and so does every key whose value is not what a logger writes
 * there. Without a message the fields are all there is to say.
 */
export function saidByKeys(object: Json, keys: Keys): Said {
  const fields: Fields = {};
  const chosen: Chosen = {};
  for (const key in object) {
    const value = object[key];
    const part = keys.parts.get(key);
    const said = part === undefined ? undefined : saying(part, value, object, keys);
    if (part === undefined || said === undefined) {
      put(fields, key, value);
      continue;
    }
    const other = chosen[part.as];
    if (other !== undefined && other.rank < part.rank) put(fields, key, value);
    else {
      if (other !== undefined) put(fields, other.key, object[other.key]);
      chosen[part.as] = { key, rank: part.rank, said };
    }
  }
  for (const place of keys.nested) if (chosen[place.as] === undefined) takeNested(place, fields, chosen, object, keys);
  return finish(fields, chosen, object, keys);
}

/** Takes out of an object inside; what else stands there remains: `{"log":{"level":"info","logger":"x"}}` keeps its logger. */
function takeNested({ as, key, path }: Place, fields: Fields, chosen: Chosen, object: Json, keys: Keys): void {
  if (!Object.hasOwn(fields, key)) return;
  const said = saying({ as, letter: false }, inside(fields[key], path), object, keys);
  if (said === undefined) return;
  chosen[as] = { key: [key, ...path].join("."), rank: 0, said };
  const rest = without(fields[key], path);
  if (rest === undefined) delete fields[key];
  else put(fields, key, rest);
}

function finish(fields: Fields, chosen: Chosen, object: Json, keys: Keys): Said {
  const level = (chosen.level?.said as Level | undefined) ?? "info";
  const event = chosen.event?.said ?? "";
  if (chosen.msg === undefined) {
    return keys.eventMayBeMessage && chosen.event?.key === "event"
      ? { level, event: "", msg: event, fields }
      : { level, event, msg: "", fields };
  }
  const { key, said } = chosen.msg;
  const msg = key === "@mt" ? fillHoles(said, object) : said;
  if (msg !== said) put(fields, key, said);
  return { level, event, msg, fields };
}

/** What a value says as this part, or undefined where it is not what a logger writes there. */
function saying({ as, letter }: Omit<Part, "rank">, value: unknown, object: Json, { levelFor }: Keys): string | undefined {
  switch (as) {
    case "msg":
    case "event":
      return typeof value === "string" ? value : undefined;
    case "level":
      return letter ? letterOf(value, object) : levelFor(value);
    case "time":
      return isTime(value) ? String(value) : undefined;
  }
}

/** MongoDB: `"s":"I"` or `"s":"D2"`, beside a component and a context. */
function letterOf(value: unknown, { c, ctx }: Json): Level | undefined {
  return typeof c === "string" && typeof ctx === "string" ? levelOfLetter(String(value).slice(0, 1)) : undefined;
}

/** A number of seconds or so since the epoch, or a text with a time of day in it. */
export function isTime(value: unknown): boolean {
  return typeof value === "number" || (typeof value === "string" && /^\d+(?:\.\d+)?$|\d:\d\d/.test(value));
}

function inside(value: unknown, path: readonly string[]): unknown {
  let at = value;
  for (const key of path) at = typeof at === "object" && at !== null && Object.hasOwn(at, key) ? (at as Json)[key] : undefined;
  return at;
}

function without(value: unknown, [key, ...path]: readonly string[]): unknown {
  if (key === undefined) return undefined;
  const { [key]: taken, ...rest } = value as Json;
  const left = without(taken, path);
  if (left !== undefined) put(rest, key, left);
  return Object.keys(rest).length > 0 ? rest : undefined;
}
