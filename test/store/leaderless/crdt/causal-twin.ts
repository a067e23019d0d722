import type { DataTypeOp, FieldOp, MapOp } from "../../../../src/store/leaderless/crdt/operations.js";

/**
 * What data types mean, without clocks, dots or merges: every update ever made, with the set of updates it knew of. What a replica holds is a
 * function of the updates that have reached it, in no order.
 */
export interface Made {
  readonly actor: string;
  readonly nowMicros: number;
  readonly op: DataTypeOp;
  /** Updates that the replica had when it was made. */
  readonly known: ReadonlySet<number>;
  /** Updates that the client had read; undefined: it brought no context. */
  readonly read: ReadonlySet<number> | undefined;
}

/** A thing that an update said of a place. Sets, flags and fields are there while one fact about them lives. */
interface Fact {
  readonly update: number;
  readonly place: readonly string[];
  readonly actor: string;
  readonly said:
    | { readonly type: "there" }
    | { readonly type: "counted"; readonly total: bigint }
    | { readonly type: "assigned"; readonly timestamp: number; readonly value: string };
}

interface Removal {
  readonly update: number;
  readonly place: readonly string[];
  /** Of the facts of these updates, or these facts of its own update. */
  readonly updates: ReadonlySet<number>;
  readonly own: ReadonlySet<Fact>;
}

export type Plain = bigint | boolean | string | readonly string[] | { readonly [field: string]: Plain };

export class CausalTwin {
  readonly #made: Made[] = [];
  #facts: Fact[] = [];
  #removals: Removal[] = [];

  /** The number of the update; undefined where it removes what is not there, without a context. */
  make(made: Made): number | undefined {
    const before = { facts: this.#facts, removals: this.#removals };
    [this.#facts, this.#removals] = [[...before.facts], [...before.removals]];
    const number = this.#made.push(made) - 1;
    if (made.op.kind === "counter" || made.op.kind === "hll" || made.op.kind === "gset") return number;
    if (this.#apply(made.op, [], number, made)) return number;
    [this.#facts, this.#removals] = [before.facts, before.removals];
    this.#made.pop();
    return undefined;
  }

  /** Of the update that were made, these numbers only. */
  madeOf(known: ReadonlySet<number>): readonly Made[] {
    return this.#made.filter((_, number) => known.has(number));
  }

  value(kind: DataTypeOp["kind"], known: ReadonlySet<number>): Plain {
    const ops = this.madeOf(known).map(({ op }) => op);
    switch (kind) {
      case "counter":
        return ops.reduce((sum, op) => sum + (op.kind === "counter" ? op.increment : 0n), 0n);
      case "gset":
        return [...new Set(ops.flatMap((op) => (op.kind === "gset" ? op.adds : [])))].sort();
      case "set":
      case "map":
        return plain(kind, this.#living(known), 0);
      case "hll":
        throw new Error("estimates are not for a twin");
    }
  }

  #living(known: ReadonlySet<number>, alsoOf?: number): Fact[] {
    const isKnown = (update: number): boolean => known.has(update) || update === alsoOf;
    const removals = this.#removals.filter(({ update }) => isKnown(update));
    return this.#facts.filter(
      (fact) =>
        isKnown(fact.update) &&
        !removals.some(({ place, updates, own }) => isWithin(fact, place) && (updates.has(fact.update) || own.has(fact))),
    );
  }

  #apply(op: FieldOp, place: readonly string[], update: number, made: Made): boolean {
    const view = (at: readonly string[]): Fact[] => this.#living(made.known, update).filter((fact) => isWithin(fact, at));
    const say = (at: readonly string[], said: Fact["said"]): void =>
      void this.#facts.push({ update, place: at, actor: made.actor, said });
    switch (op.kind) {
      case "set":
        for (const element of op.adds) say([...place, element], { type: "there" });
        return op.removes.every((element) => this.#remove([...place, element], update, made, true));
      case "flag":
        if (op.enable) say([...place, "on"], { type: "there" });
        else this.#remove([...place, "on"], update, made, false);
        return true;
      case "counter": {
        const counted = view([...place, "counted"]).filter(({ actor }) => actor === made.actor);
        say([...place, "counted"], { type: "counted", total: totalOf(counted.at(-1)) + op.increment });
        return true;
      }
      case "register": {
        const times = view([...place, "assigned"]).map(({ said }) => (said.type === "assigned" ? said.timestamp + 1 : 0));
        const timestamp = Math.max(made.nowMicros, ...times);
        say([...place, "assigned"], { type: "assigned", timestamp, value: op.value });
        return true;
      }
      case "map":
        return this.#applyToMap(op, place, update, made);
    }
  }

  #applyToMap({ removes, updates }: MapOp, place: readonly string[], update: number, made: Made): boolean {
    for (const { kind, name } of removes) {
      if (!this.#remove([...place, `${kind} ${name}`], update, made, true)) return false;
    }
    for (const { name, op } of updates) {
      const field = [...place, `${op.kind} ${name}`];
      if (!this.#apply(op, field, update, made)) return false;
      this.#facts.push({ update, place: [...field, "updated"], actor: made.actor, said: { type: "there" } });
    }
    return true;
  }

  #remove(place: readonly string[], update: number, made: Made, mustBeThere: boolean): boolean {
    if (made.read !== undefined) {
      this.#removals.push({ update, place, updates: made.read, own: new Set() });
      return true;
    }
    const isThere = this.#living(made.known, update).some((fact) => isWithin(fact, place));
    const own = new Set(this.#facts.filter((fact) => fact.update === update));
    this.#removals.push({ update, place, updates: made.known, own });
    return isThere || !mustBeThere;
  }
}

function isWithin(fact: Fact, place: readonly string[]): boolean {
  return place.every((step, i) => fact.place[i] === step);
}

function totalOf(fact: Fact | undefined): bigint {
  return fact?.said.type === "counted" ? fact.said.total : 0n;
}

/** Of facts about one place, `depth` steps down. */
function plain(kind: FieldOp["kind"], all: readonly Fact[], depth: number): Plain {
  const facts = all.filter(({ place }) => place[depth] !== "updated");
  const steps = [...new Set(facts.map(({ place }) => place[depth] ?? ""))].sort();
  switch (kind) {
    case "set":
      return steps;
    case "flag":
      return steps.length > 0;
    case "counter": {
      const latest = new Map(facts.map((fact) => [fact.actor, totalOf(fact)]));
      return [...latest.values()].reduce((sum, total) => sum + total, 0n);
    }
    case "register": {
      const assigned = facts.flatMap(({ said }) => (said.type === "assigned" ? [said] : []));
      assigned.sort((a, b) => a.timestamp - b.timestamp || (a.value < b.value ? -1 : 1));
      return assigned.at(-1)?.value ?? "";
    }
    case "map": {
      const within = (step: string): Fact[] => facts.filter(({ place }) => place[depth] === step);
      return Object.fromEntries(
        steps.map((step) => [step, plain(step.split(" ")[0] as FieldOp["kind"], within(step), depth + 1)]),
      );
    }
  }
}
