/**
 * JSON, one object a line: our own, and that of pino, bunyan, winston, zap (and etcd), zerolog, slog, structlog, log4j2, logback, ECS,
 * Serilog's CLEF, .NET, hclog and MongoDB. Most lines there are come this way: one `JSON.parse` and one turn over the keys.
 */
import { saidByKeys, usualKeys, type Json, type Keys } from "./keys.js";
import { isLevel } from "./levels.js";
import { put, type Fields, type Reader, type Said } from "./said.js";

export function readJson(text: string): Said | undefined {
  const object = parseObject(text);
  return object === undefined ? undefined : (ofOurs(object) ?? saidByKeys(object, usualKeys));
}

/** Reads the JSON of a logger whose keys have names of their own. */
export function jsonReader(keys: Keys): Reader {
  return (text) => {
    const object = parseObject(text);
    return object === undefined ? undefined : saidByKeys(object, keys);
  };
}

/** An object with anything in it. */
function parseObject(text: string): Json | undefined {
  if (text.charCodeAt(0) !== 0x7b) return undefined;
  let object: Json;
  try {
    object = JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
  for (const _ in object) return object;
  return undefined;
}

/** Our own line (`LogLine`): time and node are left out, because the engine knows both better. */
function ofOurs(object: Json): Said | undefined {
  const { ts, level, node, event, msg } = object;
  if (typeof node !== "string" || typeof event !== "string" || typeof msg !== "string" || typeof ts !== "string")
    return undefined;
  if (!isLevel(level)) return undefined;
  const fields: Fields = {};
  for (const key in object) {
    if (key !== "ts" && key !== "level" && key !== "node" && key !== "event" && key !== "msg") put(fields, key, object[key]);
  }
  return { level, event, msg, fields };
}
