/** What watchers may have seen of a range, given what writers tried and what they were told. Pure. */

/** One event, as a watcher got it. */
export interface SeenEvent {
  readonly revision: number;
  readonly key: string;
  /** Undefined: the key was deleted. */
  readonly value: string | undefined;
}

/** A put of a value that nobody else puts. `revision`: where it was acknowledged. */
export interface TriedPut {
  readonly key: string;
  readonly value: string;
  readonly revision: number | undefined;
}

export interface WatchStory {
  /** By watcher; all began at the same revision, and waited for the last one at the end. */
  readonly seen: ReadonlyMap<string, readonly SeenEvent[]>;
  readonly puts: readonly TriedPut[];
  /** What stands in the range at the end. */
  readonly standing: ReadonlyMap<string, string>;
}

/** Every way in which the story is none of a store that keeps its order; empty is good. One sentence each, some of each kind at most. */
export function watchFaults({ seen, puts, standing }: WatchStory): readonly string[] {
  const logs = [...seen];
  const [first] = logs;
  if (first === undefined) return ["nobody watched"];
  const [firstName, firstLog] = first;
  return [
    ...logs.flatMap(([name, log]) => firstOf(outOfOrder(name, log))),
    ...logs.slice(1).flatMap(([name, log]) => firstOf(unequal([firstName, firstLog], [name, log]))),
    ...firstOf(lostPuts(firstLog, puts)),
    ...firstOf(repeatedOrForeign(firstLog, puts)),
    ...firstOf(differsFrom(firstLog, standing)),
  ];
}

const shownMax = 3;

function firstOf(faults: Iterable<string>): string[] {
  const shown: string[] = [];
  for (const fault of faults) if (shown.push(fault) === shownMax) break;
  return shown;
}

function* outOfOrder(name: string, log: readonly SeenEvent[]): Generator<string> {
  const keys = new Set<string>();
  let revision = 0;
  for (const event of log) {
    if (event.revision < revision) yield `${name} saw ${told(event)} after revision ${revision}`;
    if (event.revision !== revision) keys.clear();
    if (keys.has(event.key)) yield `${name} saw ${told(event)} twice`;
    keys.add(event.key);
    revision = event.revision;
  }
}

function* unequal(
  [oneName, one]: readonly [string, readonly SeenEvent[]],
  [otherName, other]: readonly [string, readonly SeenEvent[]],
): Generator<string> {
  for (let at = 0; at < Math.max(one.length, other.length); at++) {
    const [a, b] = [one[at], other[at]];
    if (a !== undefined && b !== undefined && told(a) === told(b)) continue;
    yield `event ${at} of ${oneName} is ${told(a)}, and of ${otherName} ${told(b)}`;
    return;
  }
}

function* lostPuts(log: readonly SeenEvent[], puts: readonly TriedPut[]): Generator<string> {
  const events = new Set(log.map(told));
  for (const { key, value, revision } of puts)
    if (revision !== undefined && !events.has(told({ key, value, revision })))
      yield `the put of ${value} to ${key} was acknowledged at revision ${revision}, and nobody saw it`;
}

function* repeatedOrForeign(log: readonly SeenEvent[], puts: readonly TriedPut[]): Generator<string> {
  const tried = new Set(puts.map(({ key, value }) => `${key} ${value}`));
  const done = new Set<string>();
  for (const event of log) {
    if (event.value === undefined) continue;
    const put = `${event.key} ${event.value}`;
    if (!tried.has(put)) yield `nobody tried ${told(event)}`;
    if (done.has(put)) yield `${told(event)} was asked for once and done twice`;
    done.add(put);
  }
}

function* differsFrom(log: readonly SeenEvent[], standing: ReadonlyMap<string, string>): Generator<string> {
  const replayed = new Map<string, string>();
  for (const { key, value } of log) {
    if (value === undefined) replayed.delete(key);
    else replayed.set(key, value);
  }
  for (const key of new Set([...replayed.keys(), ...standing.keys()]))
    if (replayed.get(key) !== standing.get(key))
      yield `by the events ${key} is ${replayed.get(key)}, by a read ${standing.get(key)}`;
}

function told(event: SeenEvent | undefined): string {
  if (event === undefined) return "missing";
  return `${event.value === undefined ? "delete" : `put ${event.value}`} of ${event.key} at ${event.revision}`;
}
