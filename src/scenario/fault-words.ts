/**
 * The faults of a scenario, in the words of the command line: a kind is a command's name, a key one of its flags, and what the command
 * takes without a flag (its target or shape) is a key as well. `kill: n1` is short for `kill: { target: n1 }`.
 */
import type { Wish } from "../chaos/wish.js";
import { problemsWithWish } from "../chaos/wish.js";
import { DeviousError, messageOf } from "../core/errors.js";
import { closest } from "../core/ids.js";
import type { Prng } from "../core/prng.js";
import { kinds, type FaultKind } from "./fault-kinds.js";
import { type Template, drawText, endsOf, formatTemplate, hasRange, parseTemplate } from "./ranges.js";
import { WordReader, type Words } from "./word-reader.js";

/** A fault whose numbers, and whose choices among several texts, are still to be drawn. */
export interface FaultWords {
  readonly kind: FaultKind;
  /** Key -> the texts it may have; one of them is drawn, then its numbers. In the order of their names. */
  readonly options: Readonly<Record<string, readonly Template[]>>;
}

export interface WordProblem {
  /** Below the fault's own key. */
  readonly path: readonly string[];
  /** `key`: the key itself is wrong. */
  readonly part: "key" | "value";
  readonly message: string;
}

type Read = { readonly ok: true; readonly fault: FaultWords } | { readonly ok: false; readonly problems: readonly WordProblem[] };

/** What stands behind a fault's key, as YAML or a program gives it. Its values are tried at the ends of their ranges. */
export function readFault(kind: FaultKind, value: unknown): Read {
  const { main } = kinds[kind];
  const keys = keysOf(kind);
  const isShort = !isMapping(value) || "one of" in value;
  const given = isShort ? { [main]: value } : value;
  const pathOf = (key: string): readonly string[] => (isShort ? [] : [key]);
  const problems: WordProblem[] = [];
  const options: Record<string, readonly Template[]> = {};
  for (const key of Object.keys(given).sort()) {
    if (!keys.includes(key)) {
      const meant = closest(key, keys);
      const advice = meant === undefined ? `${kind} takes: ${keys.join(", ")}` : `did you mean "${meant}"?`;
      problems.push({ path: pathOf(key), part: "key", message: `unknown key "${key}"; ${advice}` });
      continue;
    }
    try {
      options[key] = textsOf(given[key]).map(parseTemplate);
    } catch (error) {
      problems.push({ path: pathOf(key), part: "value", message: messageOf(error) });
    }
  }
  const fault: FaultWords = { kind, options };
  // a key that was misspelt is missing as well, which need not be said
  const isComplete = problems.length === 0;
  problems.push(...problemsAtEnds(fault, pathOf).filter(({ path }) => isComplete || path.some((key) => key in options)));
  return problems.length === 0 ? { ok: true, fault } : { ok: false, problems };
}

/** Every key that may stand under a fault, the main one first. */
export function keysOf(kind: FaultKind): readonly string[] {
  const { main, keys } = kinds[kind];
  return [main, ...keys];
}

/** `n1` · `50ms..100ms` · `2` · `true` · `[2379, 2380]`, all of them · `{ one of: [n1, n2] }`, one of them. */
function textsOf(value: unknown): readonly string[] {
  if (isMapping(value)) {
    const alternatives = value["one of"];
    const isChoice = Object.keys(value).length === 1 && Array.isArray(alternatives) && alternatives.length > 0;
    if (!isChoice) throw new Error('must be a text, a list, or "one of" with a list to draw from');
    return alternatives.map(textOf);
  }
  return [textOf(value)];
}

function textOf(value: unknown): string {
  if (Array.isArray(value) && value.length > 0) return value.map(textOf).join(",");
  if (typeof value === "string" || typeof value === "number" || typeof value === "boolean") return String(value).trim();
  throw new Error(`must be a text or a number, not ${value === null ? "nothing" : JSON.stringify(value)}`);
}

/** Ranges of which every combination of ends is tried; of more than that, the others go along at their low ends. */
const cornersMost = 8;

/** Each alternative once, and the ranges at their ends in every combination: what is right at all corners is right between them. */
function problemsAtEnds(fault: FaultWords, pathOf: (key: string) => readonly string[]): readonly WordProblem[] {
  const rounds = Math.max(1, ...Object.values(fault.options).map((texts) => texts.length));
  const ranging = Object.keys(fault.options).filter((key) => fault.options[key]?.some(hasRange));
  const corners = 2 ** Math.min(ranging.length, cornersMost);
  const found = new Map<string, WordProblem>();
  for (let round = 0; round < rounds; round++) {
    for (let corner = 0; corner < corners; corner++) {
      const words = wordsOf(fault, (texts, key) => {
        const [low, high] = endsOf(texts[round % texts.length] ?? []);
        return (corner >> ranging.indexOf(key)) % 2 === 1 ? high : low;
      });
      for (const [key, message] of problemsWith(fault.kind, words)) {
        found.set(message, { path: key === null ? [] : pathOf(key), part: "value", message });
      }
    }
  }
  return [...found.values()];
}

function problemsWith(kind: FaultKind, words: Words): readonly (readonly [key: string | null, message: string])[] {
  const reader = new WordReader(words);
  const { main, needs = [] } = kinds[kind];
  reader.demand([main, ...needs]);
  const wish = kinds[kind].wish(reader);
  if (reader.problems.length > 0) return reader.problems;
  return problemsWithWish(wish).map((message) => [null, message]);
}

/** The fault as it is this time; `streamFor` gives each key a stream of its own. Throws USAGE where what was drawn goes not together. */
export function drawFault(fault: FaultWords, streamFor: (key: string) => Prng): Wish {
  const words = wordsOf(fault, (texts, key) => {
    const prng = streamFor(key);
    return drawText(texts.length === 1 ? (texts[0] ?? []) : prng.pick(texts), prng);
  });
  const reader = new WordReader(words);
  const wish = kinds[fault.kind].wish(reader);
  const [problem, ...more] = [...reader.problems.map(([, message]) => message), ...problemsWithWish(wish)];
  if (problem !== undefined) throw new DeviousError("USAGE", problem, { details: more });
  return wish;
}

function wordsOf({ options }: FaultWords, choose: (texts: readonly Template[], key: string) => string): Words {
  return Object.fromEntries(Object.entries(options).map(([key, texts]) => [key, choose(texts, key)]));
}

/** The same text for the same fault, however it was written. */
export function spellFault({ kind, options }: FaultWords): string {
  const spelt = Object.entries(options).map(([key, texts]) => [key, texts.map(formatTemplate)]);
  return JSON.stringify([kind, spelt]);
}

function isMapping(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
