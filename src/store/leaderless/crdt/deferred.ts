import { CanonicalReader, CanonicalWriter, readEntries, writeEntries } from "./canonical.js";
import type { Clock } from "./clock.js";
import { clockBytes, clockOfContext, descends } from "./clock.js";
import { DataTypeError } from "./errors.js";

/** From the top of a data type to what is removed: fields of maps, then an element of a set, or a flag. */
export type Path = readonly string[];

/**
 * Removals of something that their client had seen, but this state has not, not all of it: to be done when it comes. (Riak keeps those of fields
 * inside the field, and loses them with it; here they stand at the top.) By the bytes of the context, then by those of the path.
 */
export type Deferred = ReadonlyMap<string, Removals>;

interface Removals {
  readonly context: Clock;
  readonly paths: ReadonlyMap<string, Path>;
}

export function defer(deferred: Deferred, context: Clock, paths: readonly Path[]): Deferred {
  if (paths.length === 0) return deferred;
  return joinDeferred(
    deferred,
    new Map([[keyOf(context), { context, paths: new Map(paths.map((path) => [textOfPath(path), path])) }]]),
  );
}

export function joinDeferred(a: Deferred, b: Deferred): Deferred {
  if (b.size === 0) return a;
  const joined = new Map(a);
  for (const [key, { context, paths }] of b) {
    joined.set(key, { context, paths: new Map([...(a.get(key)?.paths ?? []), ...paths]) });
  }
  return joined;
}

/** Those whose context has events that the clock has not. */
export function notYetSeen(deferred: Deferred, clock: Clock): Deferred {
  const waiting = [...deferred].filter(([, { context }]) => !descends(clock, context));
  return waiting.length === deferred.size ? deferred : new Map(waiting);
}

export function writeDeferred(out: CanonicalWriter, deferred: Deferred): void {
  writeEntries(out, deferred, ({ paths }) => writeEntries(out, paths, () => undefined));
}

/** Throws {@link DataTypeError} at removals that have nothing to wait for. */
export function readDeferred(input: CanonicalReader, clock: Clock): Deferred {
  return readEntries(input, (key) => {
    const context = clockOfContext(Buffer.from(key, "latin1"));
    const paths = readEntries(input, pathOfText);
    if (paths.size === 0 || descends(clock, context)) throw new DataTypeError("a removal that waits for nothing");
    return { context, paths };
  });
}

function keyOf(context: Clock): string {
  return Buffer.from(clockBytes(context)).toString("latin1");
}

function textOfPath(path: Path): string {
  const out = new CanonicalWriter();
  out.uint(path.length);
  for (const step of path) out.text(step);
  return out.finish().toString("latin1");
}

function pathOfText(text: string): Path {
  const input = new CanonicalReader(Buffer.from(text, "latin1"));
  const path = Array.from({ length: input.count() }, () => input.text());
  input.end();
  if (path.length === 0) throw new DataTypeError("a removal of nothing");
  return path;
}
