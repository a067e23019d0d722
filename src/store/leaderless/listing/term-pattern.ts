import { isWord, parsePattern, PatternError, type Pattern } from "./pattern-syntax.js";

/** One step of the automaton; numbers are the steps that come next. */
type Step =
  | { readonly type: "byte"; readonly allowed: Uint8Array; readonly next: number }
  | { readonly type: "at"; readonly what: Extract<Pattern, { readonly type: "at" }>["what"]; readonly next: number }
  | { readonly type: "fork"; readonly ways: readonly number[] }
  | { readonly type: "found" };

/** A term costs so many steps for each of its bytes, at most. */
const stepsMax = 500;
const found = 0;

/**
 * A client's regular expression over terms of an index. It is run as an automaton of all its ways at once (Thompson, "Regular Expression Search
 * Algorithm", 1968), so that no expression and no term make it take longer than the one's size times the other's: who asks cannot hang the node. An engine
 * that tries one way after the other takes time exponential in the term's length for some.
 */
export class TermPattern {
  readonly #steps: Step[] = [{ type: "found" }];
  readonly #start: number;

  /** Throws {@link PatternError}. */
  constructor(source: string) {
    this.#start = this.#compile(parsePattern(source), found);
  }

  /** Steps that a byte of a term may cost. */
  get size(): number {
    return this.#steps.length;
  }

  /** Whether it is found anywhere in the term. */
  matches(term: string): boolean {
    const marks = new Uint32Array(this.#steps.length);
    let current: number[] = [];
    for (let at = 0; at <= term.length; at++) {
      const reached: number[] = [];
      const isFound = [...current, this.#start].some((step) => this.#reach(step, { term, at, marks, reached }));
      if (isFound) return true;
      const byte = term.charCodeAt(at);
      current = reached.flatMap((number) => {
        const step = this.#steps[number];
        return step?.type === "byte" && step.allowed[byte] === 1 ? [step.next] : [];
      });
    }
    return false;
  }

  /** Follows what needs no byte, and adds to `reached` the steps that do. True: the end is reached. */
  #reach(from: number, { term, at, marks, reached }: Place): boolean {
    const open = [from];
    for (let number = open.pop(); number !== undefined; number = open.pop()) {
      if (marks[number] === at + 1) continue;
      marks[number] = at + 1;
      const step = this.#steps[number] as Step;
      if (step.type === "found") return true;
      if (step.type === "byte") reached.push(number);
      else if (step.type === "fork") open.push(...step.ways);
      else if (holds(step.what, term, at)) open.push(step.next);
    }
    return false;
  }

  /** Returns the step with which the pattern begins; after it comes `next`. */
  #compile(pattern: Pattern, next: number): number {
    switch (pattern.type) {
      case "byte":
        return this.#add({ type: "byte", allowed: pattern.allowed, next });
      case "at":
        return this.#add({ type: "at", what: pattern.what, next });
      case "sequence":
        return pattern.parts.reduceRight((after, part) => this.#compile(part, after), next);
      case "choice":
        return this.#add({ type: "fork", ways: pattern.parts.map((part) => this.#compile(part, next)) });
      case "repeat":
        return this.#compileRepeat(pattern, next);
    }
  }

  #compileRepeat({ part, min, max }: Extract<Pattern, { readonly type: "repeat" }>, next: number): number {
    // what is nothing is nothing, however often; there would be no end of counting it
    if (isNothing(part)) return next;
    let start = next;
    if (max === undefined) {
      const ways = [next];
      start = this.#add({ type: "fork", ways });
      ways.push(this.#compile(part, start));
    } else {
      for (let i = min; i < max; i++) start = this.#add({ type: "fork", ways: [next, this.#compile(part, start)] });
    }
    for (let i = 0; i < min; i++) start = this.#compile(part, start);
    return start;
  }

  #add(step: Step): number {
    if (this.#steps.length >= stepsMax)
      throw new PatternError(`it has more than ${stepsMax} steps, counting what is repeated each time`);
    return this.#steps.push(step) - 1;
  }
}

function isNothing(pattern: Pattern): boolean {
  return (
    (pattern.type === "sequence" && pattern.parts.every(isNothing)) || (pattern.type === "repeat" && isNothing(pattern.part))
  );
}

interface Place {
  readonly term: string;
  readonly at: number;
  /** Of each step, one more than where in the term it was reached last. */
  readonly marks: Uint32Array;
  readonly reached: number[];
}

function holds(what: Extract<Pattern, { readonly type: "at" }>["what"], term: string, at: number): boolean {
  switch (what) {
    case "start":
      return at === 0;
    case "end":
      return at === term.length;
    case "wordEdge":
    case "noWordEdge": {
      const isEdge = isWord(term.charCodeAt(at - 1)) !== isWord(term.charCodeAt(at));
      return isEdge === (what === "wordEdge");
    }
  }
}
