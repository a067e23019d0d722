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

  /** As {@link read}, for a key that must be there; see {@link demand}. */
  need<T>(key: string, parse: (text: string) => T | undefined, what: string, standIn: T): T {
    return this.read(key, parse, what, standIn) ?? standIn;
  }

  /** These keys must be there. */
  demand(keys: readonly string[]): void {
    for (const key of keys) if (!this.has(key)) this.problems.push([key, `it needs ${key}`]);
  }

  /** Negative too, as a clock's skew may be: whether that makes sense is for the fault to say. */
  durationMs(key: string): number | null {
    const parse = (text: string): number | undefined => {
      const ms = parseDuration(text.replace(/^[+-]/, ""));
      return ms === undefined || !text.startsWith("-") ? ms : -ms;
    };
    return this.read(key, parse, "a duration such as 500ms, 2s or 1m30s", 0);
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

  /** In any case, and a signal with its SIG or without. */
  oneOf<T extends string>(key: string, known: readonly [T, ...T[]]): T | null {
    const plain = (text: string): string => text.toLowerCase().replace(/^sig/, "");
    return this.read(key, (text) => known.find((one) => plain(one) === plain(text)), known.join(", "), known[0]);
  }
}
