import type { Quorum, ReadOptions, WriteOptions } from "../../leaderless/api.js";
import { HttpRefusal } from "./message.js";

/** Of the query. Throws {@link HttpRefusal}. */
export function readOptionsOf(query: URLSearchParams): ReadOptions {
  return {
    r: quorumIn(query, "r"),
    pr: quorumIn(query, "pr"),
    basicQuorum: booleanIn(query, "basic_quorum"),
    notfoundOk: booleanIn(query, "notfound_ok"),
    timeoutMs: timeoutIn(query),
  };
}

/** Of the query. Throws {@link HttpRefusal}. */
export function writeOptionsOf(query: URLSearchParams): WriteOptions {
  return { w: quorumIn(query, "w"), dw: quorumIn(query, "dw"), pw: quorumIn(query, "pw"), timeoutMs: timeoutIn(query) };
}

export function quorumIn(query: URLSearchParams, name: string): Quorum | undefined {
  const text = query.get(name);
  if (text === null) return undefined;
  if (text === "one" || text === "quorum" || text === "all" || text === "default") return text;
  if (/^[0-9]{1,9}$/.test(text)) return Number(text);
  throw new HttpRefusal(
    400,
    `${name} query parameter must be an integer or one of the following words: 'one', 'quorum' or 'all'\n`,
  );
}

function booleanIn(query: URLSearchParams, name: string): boolean | undefined {
  const text = query.get(name)?.toLowerCase() ?? "default";
  if (text === "default") return undefined;
  if (text === "true" || text === "false") return text === "true";
  throw new HttpRefusal(400, `${name} query parameter must be true or false\n`);
}

function timeoutIn(query: URLSearchParams): number | undefined {
  const text = query.get("timeout");
  if (text === null) return undefined;
  if (/^[0-9]{1,15}$/.test(text)) return Number(text);
  throw new HttpRefusal(400, `Bad timeout value ${JSON.stringify(text)}\n`);
}
