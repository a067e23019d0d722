import { jsonBytesMax } from "../limits.js";

/**
 * JSON as Riak has it: texts are bytes (latin1 here, UTF-8 on the wire), whole numbers are exact, and the members of an object keep their order and
 * may come twice. RFC 8259.
 */

export type Json = null | boolean | number | bigint | string | readonly Json[] | JsonObject;

export class JsonObject {
  readonly entries: readonly (readonly [name: string, value: Json])[];

  constructor(entries: readonly (readonly [name: string, value: Json])[]) {
    this.entries = entries;
  }

  /** Of those with this name, the first. */
  get(name: string): Json | undefined {
    return this.entries.find(([each]) => each === name)?.[1];
  }
}

export function object(members: Readonly<Record<string, Json>>): JsonObject {
  return new JsonObject(Object.entries(members));
}

/** The bytes are no JSON; one sentence. */
export class JsonTextError extends Error {
  override readonly name = "JsonTextError";
}

/** Values within values: the deepest maps that anybody nests are far from it. */
const depthMax = 100;
/** Of an exact number: what the sums of counters never reach. */
const digitsMax = 40;

const space = /[ \t\n\r]*/y;
const number = /-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?/y;
const word = /true|false|null/y;
const words: Readonly<Record<string, Json>> = { true: true, false: false, null: null };

/** Throws {@link JsonTextError}. */
export function parseJson(bytes: Uint8Array): Json {
  if (bytes.length > jsonBytesMax) throw new JsonTextError(`more than ${jsonBytesMax} bytes`);
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new JsonTextError("invalid UTF-8");
  }
  const reader = new Reader(text);
  const value = reader.value(1);
  reader.end();
  return value;
}

class Reader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  value(depth: number): Json {
    if (depth > depthMax) throw new JsonTextError(`nested more than ${depthMax} deep`);
    this.#match(space);
    switch (this.#text[this.#at]) {
      case "{":
        return new JsonObject(this.#list("}", () => this.#member(depth)));
      case "[":
        return this.#list("]", () => this.value(depth + 1));
      case '"':
        return this.#string();
      default:
        return this.#scalar();
    }
  }

  end(): void {
    this.#match(space);
    if (this.#at < this.#text.length) this.#fail();
  }

  /** With its brackets. */
  #list<T>(close: string, next: () => T): T[] {
    this.#at++;
    const items: T[] = [];
    this.#match(space);
    if (this.#skip(close)) return items;
    for (;;) {
      items.push(next());
      this.#match(space);
      if (this.#skip(close)) return items;
      if (!this.#skip(",")) this.#fail();
    }
  }

  #member(depth: number): readonly [string, Json] {
    this.#match(space);
    const name = this.#string();
    this.#match(space);
    if (!this.#skip(":")) this.#fail();
    return [name, this.value(depth + 1)];
  }

  #string(): string {
    if (this.#text[this.#at] !== '"') this.#fail();
    const start = this.#at;
    for (let quote = this.#text.indexOf('"', start + 1); quote >= 0; quote = this.#text.indexOf('"', quote + 1)) {
      if (this.#isEscaped(quote)) continue;
      this.#at = quote + 1;
      try {
        return bytesOf(JSON.parse(this.#text.slice(start, this.#at)) as string);
      } catch {
        throw new JsonTextError(`no text at character ${start}`);
      }
    }
    return this.#fail();
  }

  /** An odd number of backslashes stands before it. */
  #isEscaped(at: number): boolean {
    let before = at;
    while (this.#text[before - 1] === "\\") before--;
    return (at - before) % 2 === 1;
  }

  #scalar(): Json {
    const found = this.#match(number);
    if (found === undefined) return words[(this.#match(word) ?? this.#fail())[0]] as Json;
    const [token, fraction, exponent] = found;
    const isExact = fraction === undefined && exponent === undefined && token.length <= digitsMax;
    return isExact ? BigInt(token) : Number(token);
  }

  #match(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text) ?? undefined;
    this.#at += found?.[0].length ?? 0;
    return found;
  }

  #skip(char: string): boolean {
    const isThere = this.#text[this.#at] === char;
    if (isThere) this.#at++;
    return isThere;
  }

  #fail(): never {
    throw new JsonTextError(`no JSON at character ${this.#at}`);
  }
}

/** Bytes that are no UTF-8 cannot be said in JSON: there stands U+FFFD for them. */
export function jsonBytes(value: Json): Buffer {
  return Buffer.from(jsonText(value));
}

export function jsonText(value: Json): string {
  if (typeof value === "string") return JSON.stringify(charactersOf(value));
  if (typeof value === "bigint") return value.toString();
  if (value instanceof JsonObject) {
    return `{${value.entries.map(([name, each]) => `${JSON.stringify(charactersOf(name))}:${jsonText(each)}`).join(",")}}`;
  }
  if (typeof value === "object" && value !== null) return `[${value.map(jsonText).join(",")}]`;
  return JSON.stringify(value);
}

const beyondAscii = /[\u0080-\uffff]/;

function bytesOf(characters: string): string {
  return beyondAscii.test(characters) ? Buffer.from(characters).toString("latin1") : characters;
}

function charactersOf(bytes: string): string {
  return beyondAscii.test(bytes) ? Buffer.from(bytes, "latin1").toString() : bytes;
}
