/**
 * Is there an order of the operations, each at one moment between its invocation and its return, that the model allows?
 *
 * The search is Wing and Gong's ("Testing and Verifying Concurrent Objects", 1993) with the improvements of Lowe ("Testing for
 * Linearizability", 2017) and of Porcupine (Athalye): walk over the returns in time order; an operation is placed just in
 * time, that is only when the next return demands one that is not placed yet; configurations once seen are not entered again;
 * each key is searched alone.
 *
 * The question is NP-complete, and operations that crashed are what makes it bite: they stay open for ever, so n of them
 * mean 2^n choices. The first five rules keep them harmless. Each only leaves out configurations for which another one that is
 * entered has every future they have:
 *
 * 1. A crashed read is dropped: it changes nothing and nobody saw its answer.
 * 2. Crashed operations with equal input are interchangeable, so a configuration counts how many of each kind it used up.
 * 3. Of two configurations that differ only in the crashed operations used, the one that used fewer can do all that the other
 *    can: a crashed operation not used stays available for ever and need never happen. The other is not entered.
 * 4. A crashed operation is placed only where it changes the state (else rule 3), and only if the next placed operation
 *    can tell: if that one leads to the same state without it, the configuration without it used fewer (rule 3 again). So a
 *    crashed write is tried only in front of somebody who sees it.
 * 5. A read that fits the present state is placed at once, with no alternative: any order that places it later stays valid
 *    when it is moved forward to here, since it changes nothing for those in between.
 *
 * 6. A state that somebody still has to see is not left while nobody is there to bring it back: such a configuration has no
 *    future at all. Without this a wrong choice shows only much later, behind a thousand others.
 *
 * Leaving out is sound by induction over the number of operations still to be placed: the future of what is left out is a future
 * of what is entered, and rules 4 and 5 make that future no longer.
 */
import type { Operation } from "./history.js";
import type { Model } from "./model.js";

export interface Budget {
  /** Bound on calls of the model's `step`, over all keys together; 10 million (some seconds) unless told. */
  readonly stepsMax?: number;
  /** With both present, the search gives up after `timeMax` of the clock's units. */
  readonly now?: () => number;
  readonly timeMax?: number;
}

export type Verdict<Input, Output> =
  | { readonly verdict: "ok"; readonly steps: number }
  | ({ readonly verdict: "violation"; readonly steps: number } & Violation<Input, Output>)
  /** The budget ended first. */
  | { readonly verdict: "unknown"; readonly steps: number; readonly exhausted: "steps" | "time" };

/**
 * Everything up to the return of `stuck` has an order; with that return there is none. (In histories so concurrent that finding
 * this takes too long: there is none that leaves room for what came later.)
 */
export interface Violation<Input, Output> {
  /** The partition it happened in; empty for a model without partitions. */
  readonly key: string;
  readonly stuck: Operation<Input, Output>;
  /** One of the longest orders found for what came before. */
  readonly prefix: readonly Operation<Input, Output>[];
  /** The states (as the model's `stateKey`) in which the store may have been when `stuck` had to be placed. */
  readonly states: readonly string[];
}

const stepsMaxDefault = 10_000_000;
const explainStepsMax = 500_000;

/** Searches `history` for a linearization under `model`; see the top of this file. Operations that failed count as never made. */
export function checkLinearizability<State, Input, Output>(
  history: readonly Operation<Input, Output>[],
  model: Model<State, Input, Output>,
  budget: Budget = {},
): Verdict<Input, Output> {
  const meter = createMeter(budget);
  let exhausted: "steps" | "time" | undefined;
  for (const [key, operations] of partition(history, model)) {
    const arranged = arrange(operations, model);
    const found = searchOne(arranged, model, meter, true);
    // a violation elsewhere still is one, so the other keys are looked at with what is left of the budget
    if (found.type === "exhausted") exhausted = found.by;
    else if (found.type === "violation") {
      // for a person the search is made again without rule 6, which gives up before the operation that shows why
      const plain = searchOne(arranged, model, createMeter({ stepsMax: explainStepsMax }), false);
      const { violation } = plain.type === "violation" ? plain : found;
      return { verdict: "violation", steps: meter.steps(), key, ...violation };
    }
  }
  if (exhausted !== undefined) return { verdict: "unknown", steps: meter.steps(), exhausted };
  return { verdict: "ok", steps: meter.steps() };
}

/** A violation for a person, one line an element. */
export function explainViolation<State, Input, Output>(
  violation: Violation<Input, Output>,
  model: Model<State, Input, Output>,
  prefixMax = 12,
): string[] {
  const line = (operation: Operation<Input, Output>): string => {
    const text = model.describe(operation.input, operation.type === "ok" ? operation.output : undefined);
    return `${operation.process}: ${text}${operation.type === "info" ? " (crashed)" : ""}`;
  };
  const hidden = Math.max(0, violation.prefix.length - prefixMax);
  return [
    `not linearizable as ${model.name}${violation.key === "" ? "" : `, key ${violation.key}`}`,
    ...(hidden > 0 ? [`  … ${hidden} operations before`] : []),
    ...violation.prefix.slice(hidden).map((operation) => `  ${line(operation)}`),
    `no place for ${line(violation.stuck)}`,
    `where the state may have been: ${violation.states.join(", ")}`,
  ];
}

function partition<State, Input, Output>(
  history: readonly Operation<Input, Output>[],
  model: Model<State, Input, Output>,
): Map<string, Operation<Input, Output>[]> {
  const parts = new Map<string, Operation<Input, Output>[]>();
  for (const operation of history) {
    const key = model.partition?.(operation.input) ?? "";
    const part = parts.get(key);
    if (part === undefined) parts.set(key, [operation]);
    else part.push(operation);
  }
  return parts;
}

type Completed<Input, Output> = Extract<Operation<Input, Output>, { type: "ok" }>;

/** An operation that returned, with the bit that stands for it while it is open. Bits are used again after the return. */
interface Open<Input, Output> {
  readonly operation: Completed<Input, Output>;
  readonly bit: bigint;
  readonly readOnly: boolean;
}

/** A crashed operation: the `ordinal`th of its kind, counted by invocation. */
interface Crashed<Input, Output> {
  readonly operation: Operation<Input, Output>;
  readonly kind: number;
  readonly ordinal: number;
  /** Never worth placing right behind another crashed operation (rule 4, known without trying). */
  readonly overwrites: boolean;
}

/** A return, and who may be placed before it: everything that was invoked by then. */
interface Return<Input, Output> {
  readonly returning: Open<Input, Output>;
  /** Completed operations under way at this return, `returning` first: what is demanded is tried before the rest. */
  readonly open: readonly Open<Input, Output>[];
  /** The crashed operations invoked by now are the first so many of `Arranged.crashed`. */
  readonly crashedCount: number;
}

interface Arranged<Input, Output> {
  readonly returns: readonly Return<Input, Output>[];
  readonly crashed: readonly Crashed<Input, Output>[];
  /** By state key: the latest invocation of an operation that has to see this state. */
  readonly lastSeerAt: ReadonlyMap<string, number>;
  /** By state key: who leads to it, in order of return, crashed ones at the end. */
  readonly leaders: ReadonlyMap<string, readonly Leader<Input, Output>[]>;
  /** Index of the last return of an operation of which it is not known where it leads; Infinity with a crashed one among them. */
  readonly lastUnknownPosition: number;
}

/** An operation that leads to a known state. */
type Leader<Input, Output> =
  | { readonly type: "open"; readonly open: Open<Input, Output>; readonly position: number }
  | { readonly type: "crashed"; readonly crashed: Crashed<Input, Output> };

function arrange<State, Input, Output>(
  operations: readonly Operation<Input, Output>[],
  model: Model<State, Input, Output>,
): Arranged<Input, Output> {
  const byInvocation = operations.toSorted((a, b) => a.invokedAt - b.invokedAt);
  const crashed: Crashed<Input, Output>[] = [];
  const kinds = new Map<string, { readonly kind: number; count: number }>();
  const completed: Completed<Input, Output>[] = [];
  for (const operation of byInvocation) {
    if (operation.type === "ok") completed.push(operation);
    if (operation.type !== "info" || model.readOnly(operation.input, undefined)) continue;
    const inputKey = model.inputKey(operation.input);
    const kind = kinds.get(inputKey) ?? { kind: kinds.size, count: 0 };
    kinds.set(inputKey, kind);
    crashed.push({ operation, kind: kind.kind, ordinal: kind.count++, overwrites: model.overwrites(operation.input) });
  }

  const returns: Return<Input, Output>[] = [];
  const open = new Set<Open<Input, Output>>();
  const freeBits: bigint[] = [];
  let bitCount = 0;
  let invoked = 0;
  let crashedCount = 0;
  for (const returning of completed.toSorted((a, b) => a.returnedAt - b.returnedAt)) {
    for (
      let next = completed[invoked];
      next !== undefined && next.invokedAt <= returning.returnedAt;
      next = completed[++invoked]
    ) {
      const bit = freeBits.pop() ?? 1n << BigInt(bitCount++);
      open.add({ operation: next, bit, readOnly: model.readOnly(next.input, next.output) });
    }
    while ((crashed[crashedCount]?.operation.invokedAt ?? Infinity) <= returning.returnedAt) crashedCount++;
    const others = [...open].filter((one) => one.operation !== returning);
    const own = [...open].find((one) => one.operation === returning);
    if (own === undefined) throw new RangeError(`an operation of process ${returning.process} returns before it is invoked`);
    returns.push({ returning: own, open: [own, ...others], crashedCount });
    open.delete(own);
    freeBits.push(own.bit);
  }
  return { returns, crashed, ...outlook(returns, crashed, model) };
}

/** Who has to see which state, and who leads to which, for rule 6. */
function outlook<State, Input, Output>(
  returns: readonly Return<Input, Output>[],
  crashed: readonly Crashed<Input, Output>[],
  model: Model<State, Input, Output>,
): Pick<Arranged<Input, Output>, "lastSeerAt" | "leaders" | "lastUnknownPosition"> {
  const lastSeerAt = new Map<string, number>();
  const leaders = new Map<string, Leader<Input, Output>[]>();
  let lastUnknownPosition = -1;
  const lead = (input: Input, leader: Leader<Input, Output>, position: number): void => {
    const key = model.leadsTo(input);
    if (key === undefined) lastUnknownPosition = position;
    else leaders.set(key, [...(leaders.get(key) ?? []), leader]);
  };
  returns.forEach(({ returning }, position) => {
    const { input, output, invokedAt } = returning.operation;
    const seen = model.sees(input, output);
    if (seen !== undefined) lastSeerAt.set(seen, Math.max(invokedAt, lastSeerAt.get(seen) ?? -Infinity));
    if (!returning.readOnly) lead(input, { type: "open", open: returning, position }, position);
  });
  for (const one of crashed) lead(one.operation.input, { type: "crashed", crashed: one }, Infinity);
  return { lastSeerAt, leaders, lastUnknownPosition };
}

/** The operations placed so far, newest first; configurations share their tails. */
interface Placed<Input, Output> {
  readonly operation: Operation<Input, Output>;
  readonly before: Placed<Input, Output> | undefined;
}

interface Configuration<State, Input, Output> {
  /** The next return to pass, an index of `Arranged.returns`; its operation is not placed yet. */
  readonly position: number;
  /** Bits of the open operations already placed. */
  readonly done: bigint;
  readonly state: State;
  /** Kinds of the crashed operations used up, sorted, with repeats. */
  readonly used: readonly number[];
  readonly placed: Placed<Input, Output> | undefined;
  /** Set directly behind a crashed operation: the state in front of it, for rule 4. */
  readonly withoutCrashed: { readonly state: State } | undefined;
}

type Found<Input, Output> =
  | { readonly type: "ok" }
  | { readonly type: "violation"; readonly violation: Omit<Violation<Input, Output>, "key"> }
  | { readonly type: "exhausted"; readonly by: "steps" | "time" };

/** Depth first, over a stack of our own: histories are longer than the call stack is deep. `looksAhead`: with rule 6. */
function searchOne<State, Input, Output>(
  { returns, crashed, lastSeerAt, leaders, lastUnknownPosition }: Arranged<Input, Output>,
  model: Model<State, Input, Output>,
  meter: Meter,
  looksAhead: boolean,
): Found<Input, Output> {
  type Config = Configuration<State, Input, Output>;
  const step = (state: State, input: Input, output: Output | undefined): readonly State[] => {
    meter.count();
    return model.step(state, input, output);
  };

  /** Passes returns whose operation is placed, and places reads that fit (rule 5), until neither is possible. */
  const settle = (config: Config): Config => {
    let { position, done, placed, withoutCrashed } = config;
    for (let at = returns[position]; at !== undefined; at = returns[position]) {
      for (const { operation, bit, readOnly } of at.open) {
        if (!readOnly || (done & bit) !== 0n || step(config.state, operation.input, operation.output).length === 0) continue;
        done |= bit;
        placed = { operation, before: placed };
        withoutCrashed = undefined;
      }
      if ((done & at.returning.bit) === 0n) break;
      done &= ~at.returning.bit;
      position++;
    }
    return { ...config, position, done, placed, withoutCrashed };
  };

  const seen = new SeenConfigurations();
  const stack: Config[] = [
    settle({ position: 0, done: 0n, state: model.init, used: [], placed: undefined, withoutCrashed: undefined }),
  ];
  let deepest = { position: -1, placed: undefined as Placed<Input, Output> | undefined, states: new Set<string>() };

  for (let config = stack.pop(); config !== undefined; config = stack.pop()) {
    const at = returns[config.position];
    if (at === undefined) return { type: "ok" };
    const exhausted = meter.exhausted();
    if (exhausted !== undefined) return { type: "exhausted", by: exhausted };
    const { position, done, state, used, placed, withoutCrashed } = config;
    const stateKey = model.stateKey(state);
    if (!seen.enter(`${position} ${done} ${stateKey}`, used)) continue;
    if (position > deepest.position) deepest = { position, placed, states: new Set() };
    // a crashed operation that is only being tried is no state anyone was seen in
    if (position === deepest.position && withoutCrashed === undefined) deepest.states.add(stateKey);

    const usedOf = countByKind(used);

    /** Whether leaving this state leaves nothing for somebody who has to see it and is not open yet (rule 6). */
    const isLastChance = (): boolean => {
      const nowAt = at.returning.operation.returnedAt;
      if ((lastSeerAt.get(stateKey) ?? -Infinity) <= nowAt || lastUnknownPosition >= position) return false;
      return !leaders.get(stateKey)?.some((leader) => {
        if (leader.type === "crashed") return (usedOf.get(leader.crashed.kind) ?? 0) <= leader.crashed.ordinal;
        const { operation, bit } = leader.open;
        return leader.position >= position && (operation.invokedAt > nowAt || (done & bit) === 0n);
      });
    };
    const mustStay = looksAhead && isLastChance();

    /** The states behind `input`, without those that it reaches as well when the crashed operation in front is left out. */
    const statesBehind = (input: Input, output: Output | undefined): readonly State[] => {
      const behind = step(state, input, output).filter((next) => !mustStay || model.stateKey(next) === stateKey);
      if (withoutCrashed === undefined || behind.length === 0) return behind;
      const alike = new Set(step(withoutCrashed.state, input, output).map(model.stateKey));
      return behind.filter((next) => !alike.has(model.stateKey(next)));
    };

    // pushed first is tried last: the demanded operation, then the other open ones, then the crashed ones, of those first
    // the ones that would let the demanded operation follow
    const hopeful: Config[] = [];
    for (let i = at.crashedCount - 1; i >= 0; i--) {
      const { operation, kind, ordinal, overwrites } = crashed[i] as Crashed<Input, Output>;
      if (ordinal !== (usedOf.get(kind) ?? 0) || (overwrites && withoutCrashed !== undefined)) continue;
      for (const next of statesBehind(operation.input, undefined)) {
        if (model.stateKey(next) === stateKey) continue;
        const nextUsed = [...used, kind].sort((a, b) => a - b);
        const nextPlaced = { operation, before: placed };
        const child = settle({ position, done, state: next, used: nextUsed, placed: nextPlaced, withoutCrashed: { state } });
        const { input, output } = at.returning.operation;
        if (child.position > position || step(next, input, output).length > 0) hopeful.push(child);
        else stack.push(child);
      }
    }
    stack.push(...hopeful);
    for (const { operation, bit } of at.open.toReversed()) {
      if ((done & bit) !== 0n) continue;
      for (const next of statesBehind(operation.input, operation.output)) {
        const nextPlaced = { operation, before: placed };
        stack.push(settle({ position, done: done | bit, state: next, used, placed: nextPlaced, withoutCrashed: undefined }));
      }
    }
  }

  const stuck = (returns[deepest.position] as Return<Input, Output>).returning.operation;
  return { type: "violation", violation: { stuck, prefix: inOrder(deepest.placed), states: [...deepest.states] } };
}

/** Per position, open operations and state: the smallest sets of used crashed operations entered so far (rule 3). */
class SeenConfigurations {
  readonly #smallest = new Map<string, (readonly number[])[]>();

  /** False where a configuration that used no more has been entered. */
  enter(key: string, used: readonly number[]): boolean {
    const known = this.#smallest.get(key) ?? [];
    if (known.some((smaller) => isContained(smaller, used))) return false;
    this.#smallest.set(key, [...known.filter((larger) => !isContained(used, larger)), used]);
    return true;
  }
}

/** Whether the sorted multiset `a` is part of the sorted multiset `b`. */
function isContained(a: readonly number[], b: readonly number[]): boolean {
  if (a.length > b.length) return false;
  let i = 0;
  for (const element of b) if (i < a.length && a[i] === element) i++;
  return i === a.length;
}

function countByKind(used: readonly number[]): Map<number, number> {
  const counts = new Map<number, number>();
  for (const kind of used) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  return counts;
}

function inOrder<Input, Output>(placed: Placed<Input, Output> | undefined): Operation<Input, Output>[] {
  const order: Operation<Input, Output>[] = [];
  for (let one = placed; one !== undefined; one = one.before) order.push(one.operation);
  return order.reverse();
}

interface Meter {
  count(): void;
  steps(): number;
  exhausted(): "steps" | "time" | undefined;
}

function createMeter({ stepsMax = stepsMaxDefault, now, timeMax = Infinity }: Budget): Meter {
  const startedAt = now?.() ?? 0;
  let steps = 0;
  return {
    count: () => void steps++,
    steps: () => steps,
    exhausted: () => {
      if (steps >= stepsMax) return "steps";
      return now !== undefined && now() - startedAt > timeMax ? "time" : undefined;
    },
  };
}
