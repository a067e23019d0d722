import { invariant } from "../../../core/invariant.js";
import type { CanonicalReader, CanonicalWriter } from "./canonical.js";
import { checkAscending } from "./canonical.js";
import type { Clock } from "./clock.js";
import { hasSeen } from "./clock.js";
import { DataTypeError } from "./errors.js";

/** One event of one actor that still counts, and what it says. */
export interface Dot<P> {
  readonly event: number;
  readonly payload: P;
}

/**
 * The live events of one place of a data type, by actor: an actor's later event has seen its earlier one and replaces it. An event that a clock
 * has seen and that is not here was removed or replaced; that is how these types do without tombstones (Bieniusa et al. 2012, "An optimized
 * conflict-free replicated set"; the dot stores of Almeida, Shoker, Baquero 2018, "Delta state replicated data types").
 */
export type Dots<P> = ReadonlyMap<string, Dot<P>>;

/** Dots that say nothing but that they are there. */
export type Presence = Dots<null>;

export const noDots: Dots<never> = new Map<string, never>();

export function present(actor: string, event: number): Presence {
  return new Map([[actor, { event, payload: null }]]);
}

/** Kept is what both have, and what one has and the other has not seen. `joinPayloads`: of the same event, where they differ. */
export function joinDots<P>(a: Dots<P>, seenByA: Clock, b: Dots<P>, seenByB: Clock, joinPayloads: (a: P, b: P) => P): Dots<P> {
  const joined = new Map<string, Dot<P>>();
  for (const [actor, dot] of a) {
    const other = b.get(actor);
    if (other?.event === dot.event) {
      const payload = joinPayloads(dot.payload, other.payload);
      joined.set(actor, payload === dot.payload ? dot : { event: dot.event, payload });
    } else if (!hasSeen(seenByB, actor, dot.event)) joined.set(actor, dot);
  }
  for (const [actor, dot] of b) if (!hasSeen(seenByA, actor, dot.event)) joined.set(actor, dot);
  return joined;
}

export function joinPresence(a: Presence, seenByA: Clock, b: Presence, seenByB: Clock): Presence {
  return joinDots(a, seenByA, b, seenByB, () => null);
}

/** Those that a clock has not seen. */
export function unseenDots<P>(dots: Dots<P>, seen: Clock): Dots<P> {
  const unseen = [...dots].filter(([actor, { event }]) => !hasSeen(seen, actor, event));
  return unseen.length === dots.size ? dots : new Map(unseen);
}

/** Actors of a state's clock, ascending: dots name them by their number. */
export type ActorNumbers = ReadonlyMap<string, number>;
export type NumberedActors = readonly (readonly [actor: string, events: number])[];

/** By the actor's number, ascending. */
export function writeDots<P>(
  out: CanonicalWriter,
  dots: Dots<P>,
  actors: ActorNumbers,
  writePayload: (payload: P) => void = () => undefined,
): void {
  out.uint(dots.size);
  const numbered = [...dots].map(([actor, dot]) => ({ number: numberOf(actor, actors), dot }));
  for (const { number, dot } of numbered.sort((a, b) => a.number - b.number)) {
    out.uint(number);
    out.uint(dot.event);
    writePayload(dot.payload);
  }
}

function numberOf(actor: string, actors: ActorNumbers): number {
  const number = actors.get(actor);
  invariant(number !== undefined, "a clock has seen its state's dots");
  return number;
}

export function readDots<P>(input: CanonicalReader, actors: NumberedActors, readPayload: () => P): Dots<P> {
  const dots = new Map<string, Dot<P>>();
  let last: number | undefined;
  for (let left = input.count(); left > 0; left--) {
    const number = input.uint();
    checkAscending(last, number);
    const [actor, events] = actors[number] ?? ["", 0];
    const event = input.uint();
    if (event === 0 || event > events) throw new DataTypeError("a dot that the clock has not seen");
    dots.set(actor, { event, payload: readPayload() });
    last = number;
  }
  return dots;
}

export function readPresence(input: CanonicalReader, actors: NumberedActors): Presence {
  return readDots(input, actors, () => null);
}
