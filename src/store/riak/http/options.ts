import type { Quorum, ReadOptions, WriteOptions } from "../../leaderless/api.js";
import { HttpRefusal } from "./message.js";

type Query = ReadonlyMap<string, string>;

/** Of the query. Throws {@link HttpRefusal}. */
export function readOptionsOf(query: Query): ReadOptions {
  return {
    r: quorumIn(query, "r"),
    pr: quorumIn(query, "pr"),
    basicQuorum: booleanIn(query, "basic_quorum"),
    notfoundOk: booleanIn(query, "notfound_ok"),
    sloppyQuorum: booleanIn(query, "sloppy_quorum"),
    nVal: countIn(query, "n_val"),
    timeoutMs: timeoutIn(query),
  };
}

/** Of the query. Throws {@link HttpRefusal}. */
export function writeOptionsOf(query: Query): WriteOptions {
  return {
    w: quorumIn(query, "w"),
    dw: quorumIn(query, "dw"),
    pw: quorumIn(query, "pw"),
    sloppyQuorum: booleanIn(query, "sloppy_quorum"),
    nVal: countIn(query, "n_val"),
    timeoutMs: timeoutIn(query),
  };
}

export function quorumIn(query: Query, name: string): Quorum | undefined {
  const text = query.get(name);
  if (text === undefined) return undefined;
  if (text === "one" || text === "quorum" || text === "all" || text === "default") return text;
  if (/^[0-9]{1,9}$/.test(text)) return Number(text);
  throw new HttpRefusal(
    400,
    `${name} query parameter must be an integer or one of the following words: 'one', 'quorum' or 'all'\n`,
  );
}

export function booleanIn(query: Query, name: string): boolean | undefined {
  const text = query.get(name)?.toLowerCase() ?? "default";
  if (text === "default") return undefined;
  if (text === "true" || text === "false") return text === "true";
  throw new HttpRefusal(400, `${name} query parameter must be true or false\n`);
}

/** Undefined where it is not there. Throws {@link HttpRefusal}. */
export function countIn(query: Query, name: string): number | undefined {
  const text = query.get(name);
  if (text === undefined) return undefined;
  if (/^[0-9]{1,9}$/.test(text) && Number(text) > 0) return Number(text);
  throw new HttpRefusal(400, `Invalid ${name}. ${JSON.stringify(text)} is not a positive integer\n`);
}

export function timeoutIn(query: Query): number | undefined {
  const text = query.get("timeout");
  if (text === undefined) return undefined;
  if (/^[0-9]{1,15}$/.test(text)) return Number(text);
  throw new HttpRefusal(400, `Bad timeout value ${JSON.stringify(text)}\n`);
}
