import { parseDuration } from "../core/duration.js";
import { DeviousError } from "../core/errors.js";
import { parseBytes, parsePercent, parseRate } from "../core/quantity.js";

/** Key -> text, as a command line would have it after `--key`. */
export type Words = Readonly<Record<string, string>>;

/** Reads the values of a fault's keys and collects everything wrong with them, where a parser alone would stop at the first. */
export class WordReader {
  readonly problems: (readonly [key: string, message: string])[] = [];
  readonly #words: Words;

  constructor(words: Words) {
    this.#words = words;
  }

  has(key: string): boolean {
    return this.#words[key] !== undefined;
  }

  /** Null where the key is not there; `standIn` where it is wrong, which is then known. */
  read<T>(key: string, parse: (text: string) => T | undefined, what: string, standIn: T): T | null {
    const text = this.#words[key];
    if (text === undefined) return null;
    try {
      const value = parse(text);
      if (value !== undefined) return value;
      this.problems.push([key, `"${text}" is not ${what}`]);
    } catch (error) {
      if (!(error instanceof DeviousError)) throw error;
      this.problems.push([key, error.message]);
    }
    return standIn;
  }

  /** As {@link read}, for a key that must be there. */
  need<T>(key: string, parse: (text: string) => T | undefined, what: string, standIn: T): T {
    if (!this.has(key)) this.problems.push([key, `it needs ${key}: ${what}`]);
    return this.read(key, parse, what, standIn) ?? standIn;
  }

  durationMs(key: string): number | null {
    return this.read(key, parseDuration, "a duration such as 500ms, 2s or 1m30s", 0);
  }

  /** Ahead where positive: `-5s` is behind. */
  signedMs(key: string): number | null {
    const parse = (text: string): number | undefined => {
      const ms = parseDuration(text.replace(/^[+-]/, ""));
      return ms === undefined || !text.startsWith("-") ? ms : -ms;
    };
    return this.read(key, parse, "a duration such as 2s or -2s", 0);
  }

  percent(key: string): number | null {
    return this.read(key, parsePercent, "a percentage such as 2%", 0);
  }

  number(key: string): number | null {
    return this.read(key, (text) => (/^-?\d+(\.\d+)?$/.test(text) ? Number(text) : undefined), "a number", 0);
  }

  rate(key: string): number | null {
    return this.read(key, parseRate, "a rate such as 1mbit or 500kbit", 0);
  }

  bytes(key: string): number | null {
    return this.read(key, parseBytes, "a size such as 64mb", 0);
  }

  flag(key: string): boolean {
    const parse = (text: string): boolean | undefined => (["true", "false"].includes(text) ? text === "true" : undefined);
    return this.read(key, parse, "true or false", false) ?? false;
  }

  oneOf<T extends string>(key: string, known: readonly [T, ...T[]]): T | null {
    return this.read(key, (text) => known.find((one) => one === text.toLowerCase() || one === text), known.join(", "), known[0]);
  }
}
