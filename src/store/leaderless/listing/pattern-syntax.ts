/**
 * Regular expressions over bytes, as Riak's users know them from PCRE, without what a matcher would have to go back for: references to groups and
 * looking around are refused, as is whatever else is not here.
 */

/** What one byte has to be; what has to be true between two; one after the other; one of several; so many times (`max` undefined: or more). */
export type Pattern =
  /** `allowed`: 1 for each byte that it may be. */
  | { readonly type: "byte"; readonly allowed: Uint8Array }
  | { readonly type: "at"; readonly what: "start" | "end" | "wordEdge" | "noWordEdge" }
  | { readonly type: "sequence"; readonly parts: readonly Pattern[] }
  | { readonly type: "choice"; readonly parts: readonly Pattern[] }
  | { readonly type: "repeat"; readonly part: Pattern; readonly min: number; readonly max: number | undefined };

/** What is wrong with a pattern, for the client. */
export class PatternError extends Error {
  override readonly name = "PatternError";
}

const depthMax = 50;
const repeatMax = 1000;

type ByteTest = (byte: number) => boolean;

const isDigit: ByteTest = (byte) => byte >= 0x30 && byte <= 0x39;
export const isWord: ByteTest = (byte) =>
  isDigit(byte) || (byte >= 0x41 && byte <= 0x5a) || (byte >= 0x61 && byte <= 0x7a) || byte === 0x5f;
const isSpace: ByteTest = (byte) => byte === 0x20 || (byte >= 0x09 && byte <= 0x0d);

const classes: ReadonlyMap<string, ByteTest> = new Map([
  ["d", isDigit],
  ["w", isWord],
  ["s", isSpace],
  ["D", (byte) => !isDigit(byte)],
  ["W", (byte) => !isWord(byte)],
  ["S", (byte) => !isSpace(byte)],
]);
const controls: ReadonlyMap<string, number> = new Map([
  ["n", 0x0a],
  ["r", 0x0d],
  ["t", 0x09],
  ["f", 0x0c],
  ["v", 0x0b],
]);

/** Throws {@link PatternError}. */
export function parsePattern(source: string): Pattern {
  const parser = new Parser(source);
  return parser.whole();
}

class Parser {
  readonly #source: string;
  #at = 0;
  #depth = 0;

  constructor(source: string) {
    this.#source = source;
  }

  whole(): Pattern {
    const pattern = this.#choice();
    if (this.#at < this.#source.length) throw this.#error("a parenthesis is closed that was not opened");
    return pattern;
  }

  #choice(): Pattern {
    if (++this.#depth > depthMax) throw this.#error(`more than ${depthMax} groups are inside one another`);
    const parts = [this.#sequence()];
    while (this.#eat("|")) parts.push(this.#sequence());
    this.#depth--;
    return parts.length === 1 ? (parts[0] as Pattern) : { type: "choice", parts };
  }

  #sequence(): Pattern {
    const parts: Pattern[] = [];
    for (let next = this.#peek(); next !== "" && next !== "|" && next !== ")"; next = this.#peek()) {
      parts.push(this.#repeated(this.#single()));
    }
    return { type: "sequence", parts };
  }

  #repeated(part: Pattern): Pattern {
    const times = this.#times();
    if (times === undefined) return part;
    if (part.type === "at") throw this.#error("there is nothing to repeat");
    // as few as possible or as many: what is found is the same
    this.#eat("?");
    if (this.#peek() === "+" || this.#times() !== undefined) throw this.#error("a repetition is repeated");
    return { type: "repeat", part, ...times };
  }

  #times(): { readonly min: number; readonly max: number | undefined } | undefined {
    if (this.#eat("*")) return { min: 0, max: undefined };
    if (this.#eat("+")) return { min: 1, max: undefined };
    if (this.#eat("?")) return { min: 0, max: 1 };
    const [counted, min, comma, max] = /^\{(\d{1,9})(,?)(\d{0,9})\}/.exec(this.#source.slice(this.#at, this.#at + 24)) ?? [];
    // as everywhere, a brace that counts nothing is a brace
    if (counted === undefined || min === undefined || (comma === "" && max !== "")) return undefined;
    this.#at += counted.length;
    const times = { min: Number(min), max: comma === "" ? Number(min) : max === "" ? undefined : Number(max) };
    if (Math.max(times.min, times.max ?? 0) > repeatMax) throw this.#error(`something is repeated more than ${repeatMax} times`);
    if (times.max !== undefined && times.max < times.min) throw this.#error("a repetition's bounds are out of order");
    return times;
  }

  #single(): Pattern {
    const char = this.#take();
    switch (char) {
      case "(":
        return this.#group();
      case "[":
        return anyOf(this.#class());
      case ".":
        return anyOf((byte) => byte !== 0x0a);
      case "^":
        return { type: "at", what: "start" };
      case "$":
        return { type: "at", what: "end" };
      case "*":
      case "+":
      case "?":
        throw this.#error("there is nothing to repeat");
      case "\\":
        return this.#escaped();
      default:
        return anyOf((byte) => byte === char.charCodeAt(0));
    }
  }

  #group(): Pattern {
    if (this.#eat("?") && !this.#eat(":")) throw this.#error("of groups with a question mark only (?:…) is there");
    const pattern = this.#choice();
    if (!this.#eat(")")) throw this.#error("a parenthesis is not closed");
    return pattern;
  }

  #escaped(): Pattern {
    if (this.#eat("b")) return { type: "at", what: "wordEdge" };
    if (this.#eat("B")) return { type: "at", what: "noWordEdge" };
    const test = this.#escape();
    return anyOf(typeof test === "number" ? (byte) => byte === test : test);
  }

  /** After a backslash: a byte, or a class of them. */
  #escape(): number | ByteTest {
    const char = this.#take();
    const known = classes.get(char) ?? controls.get(char);
    if (known !== undefined) return known;
    if (char === "x") {
      const hex = this.#source.slice(this.#at, this.#at + 2);
      if (!/^[0-9a-fA-F]{2}$/.test(hex)) throw this.#error("\\x is not followed by two hexadecimal digits");
      this.#at += 2;
      return parseInt(hex, 16);
    }
    if (char === "") throw this.#error("a backslash is the last character");
    if (/[0-9A-Za-z]/.test(char)) throw this.#error(`\\${char} is not there`);
    return char.charCodeAt(0);
  }

  #class(): ByteTest {
    const isNegated = this.#eat("^");
    const tests: ByteTest[] = [];
    for (let isFirst = true; isFirst || this.#peek() !== "]"; isFirst = false) {
      if (this.#peek() === "") throw this.#error("a class is not closed");
      if (/^\[[:.=]/.test(this.#source.slice(this.#at, this.#at + 2))) throw this.#error("named classes are not there");
      tests.push(this.#classItem());
    }
    this.#at++;
    return isNegated ? (byte) => !tests.some((test) => test(byte)) : (byte) => tests.some((test) => test(byte));
  }

  #classItem(): ByteTest {
    const from = this.#classByte();
    const isRange = this.#peek() === "-" && this.#source[this.#at + 1] !== "]" && this.#at + 1 < this.#source.length;
    if (typeof from !== "number") return from;
    if (!isRange) return (byte) => byte === from;
    this.#at++;
    const to = this.#classByte();
    if (typeof to !== "number" || to < from) throw this.#error("a range in a class is out of order");
    return (byte) => byte >= from && byte <= to;
  }

  #classByte(): number | ByteTest {
    if (this.#eat("\\")) return this.#eat("b") ? 0x08 : this.#escape();
    return this.#take().charCodeAt(0);
  }

  #peek(): string {
    return this.#source.charAt(this.#at);
  }

  #take(): string {
    return this.#source.charAt(this.#at++);
  }

  #eat(char: string): boolean {
    if (this.#peek() !== char) return false;
    this.#at++;
    return true;
  }

  #error(why: string): PatternError {
    return new PatternError(`${why} (at ${this.#at})`);
  }
}

function anyOf(test: ByteTest): Pattern {
  const allowed = new Uint8Array(256);
  for (let byte = 0; byte < allowed.length; byte++) allowed[byte] = Number(test(byte));
  return { type: "byte", allowed };
}
