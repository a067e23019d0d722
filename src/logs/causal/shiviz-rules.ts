/**
 * What ShiViz checks when it is given a file (https://bestchai.bitbucket.io/shiviz/, "What is the input log format to the tool?", and the
 * errors of its model): so that a file it would refuse is not written.
 *
 * The first line is the regular expression that finds events, the second one that separates executions; both may be empty. Then:
 * 1. the expression has the groups `host`, `clock` and `event`, and finds an event;
 * 2. a clock is a JSON object of whole numbers with an entry for its own host; entries of 0 count as none;
 * 3. a host's own entries are 1, 2, 3 …, each once, in whatever order the lines are;
 * 4. entries for other hosts name events that are there;
 * 5. no event happens before itself ("intransitive");
 * 6. a clock is its host's clock before it, joined with those of the events it names: nothing else, and nothing less ("impermissible").
 */
export interface ShivizProblem {
  /** From 1, in the file. */
  readonly line: number;
  /** One sentence. */
  readonly message: string;
}

/** Everything that is wrong with the text of a ShiViz file; empty where ShiViz takes it. */
export function validateShiviz(text: string): readonly ShivizProblem[] {
  const [parserLine = "", delimiterLine = ""] = text.split("\n", 2);
  const parser = compile(parserLine === "" ? defaultParser : parserLine);
  if (parser === undefined) return [{ line: 1, message: "This is not a regular expression." }];
  const missing = ["host", "clock", "event"].filter((group) => !parser.source.includes(`(?<${group}>`));
  if (missing.length > 0) return [{ line: 1, message: `The regular expression has no group named ${missing.join(", ")}.` }];
  const delimiter = delimiterLine === "" ? undefined : compile(delimiterLine);
  if (delimiter === undefined && delimiterLine !== "") return [{ line: 2, message: "This is not a regular expression." }];
  const start = parserLine.length + 1 + delimiterLine.length + 1;
  return executionsOf(text, start, delimiter).flatMap(({ from, to }) => validateExecution(text, from, to, parser));
}

const defaultParser = String.raw`(?<event>.*)\n(?<host>\S*) (?<clock>{.*})`;

function compile(source: string): RegExp | undefined {
  try {
    return new RegExp(source, "gm");
  } catch {
    return undefined;
  }
}

interface Span {
  readonly from: number;
  readonly to: number;
}

/** The parts of the text between delimiters, without those that are blank. */
function executionsOf(text: string, start: number, delimiter: RegExp | undefined): readonly Span[] {
  const spans: Span[] = [];
  let from = start;
  for (const match of delimiter === undefined ? [] : text.slice(start).matchAll(delimiter)) {
    spans.push({ from, to: start + match.index });
    from = start + match.index + match[0].length;
  }
  spans.push({ from, to: text.length });
  const filled = spans.filter((span) => text.slice(span.from, span.to).trim() !== "");
  return filled.length === 0 ? spans.slice(0, 1) : filled;
}

interface Event {
  readonly line: number;
  readonly host: string;
  readonly own: number;
  readonly clock: ReadonlyMap<string, number>;
}

function validateExecution(text: string, from: number, to: number, parser: RegExp): ShivizProblem[] {
  const problems: ShivizProblem[] = [];
  const events: Event[] = [];
  let line = newlinesIn(text, 0, from) + 1;
  let counted = from;
  for (const { index, groups } of text.slice(from, to).matchAll(parser)) {
    line += newlinesIn(text, counted, from + index);
    counted = from + index;
    const event = readEvent(line, groups?.["host"] ?? "", groups?.["clock"] ?? "");
    if ("message" in event) problems.push(event);
    else events.push(event);
  }
  if (problems.length === 0 && events.length === 0) problems.push({ line: 1, message: "The expression finds no event." });
  // the model is built of whole events only: further rules mean nothing before
  if (problems.length > 0) return problems;
  const byHost = new Map<string, Event[]>();
  for (const event of events) {
    const known = byHost.get(event.host);
    if (known === undefined) byHost.set(event.host, [event]);
    else known.push(event);
  }
  for (const each of byHost.values()) each.sort((a, b) => a.own - b.own);
  problems.push(...numberingProblems(byHost));
  if (problems.length === 0) problems.push(...referenceProblems(events, byHost));
  if (problems.length === 0) problems.push(...causalityProblems(byHost));
  return problems;
}

/** How many lines end in this part of the text. */
function newlinesIn(text: string, from: number, to: number): number {
  let count = 0;
  for (let at = text.indexOf("\n", from); at >= 0 && at < to; at = text.indexOf("\n", at + 1)) count++;
  return count;
}

function readEvent(line: number, host: string, clockText: string): Event | ShivizProblem {
  let json: unknown;
  try {
    json = JSON.parse(clockText);
  } catch {
    return { line, message: `The clock ${clockText} is not JSON.` };
  }
  if (typeof json !== "object" || json === null) return { line, message: `The clock ${clockText} is not a JSON object.` };
  const entries = Object.entries(json as Record<string, unknown>);
  const odd = entries.find(([, time]) => !Number.isSafeInteger(time) || (time as number) < 0);
  if (odd !== undefined) return { line, message: `The clock's entry for ${odd[0]} is not a whole number from 0.` };
  const clock = new Map((entries as [string, number][]).filter(([of, time]) => time > 0 || of === host));
  const own = clock.get(host);
  return own === undefined ? { line, message: `The clock has no entry for its own host ${host}.` } : { line, host, own, clock };
}

type ByHost = ReadonlyMap<string, readonly Event[]>;

function numberingProblems(byHost: ByHost): ShivizProblem[] {
  return [...byHost].flatMap(([host, events]): ShivizProblem[] => {
    const wrong = events.findIndex(({ own }, i) => own !== i + 1);
    const event = events[wrong];
    if (event === undefined) return [];
    const before = events[wrong - 1];
    const message =
      before === undefined
        ? `The events of ${host} begin with ${event.own}, not with 1.`
        : `The events of ${host} go from ${before.own} to ${event.own}, not up by 1.`;
    return [{ line: event.line, message }];
  });
}

function referenceProblems(events: readonly Event[], byHost: ByHost): ShivizProblem[] {
  return events.flatMap(({ line, clock }) =>
    [...clock].flatMap(([host, time]): ShivizProblem[] => {
      const known = byHost.get(host);
      if (known === undefined) return [{ line, message: `The clock names a host ${host}, which has no events.` }];
      if (time <= known.length) return [];
      return [{ line, message: `The clock names event ${time} of ${host}, which has only ${known.length}.` }];
    }),
  );
}

/** Goes through the events as they can have happened, and works out what each clock must be. */
function causalityProblems(byHost: ByHost): ShivizProblem[] {
  const problems: ShivizProblem[] = [];
  const passed = new Map([...byHost.keys()].map((host) => [host, 0]));
  const nextOf = (host: string): Event | undefined => byHost.get(host)?.[passed.get(host) ?? 0];
  const canHappen = (event: Event): boolean =>
    [...event.clock].every(([host, time]) => (passed.get(host) ?? 0) >= (host === event.host ? time - 1 : time));
  for (let moved = true; moved;) {
    moved = false;
    for (const host of byHost.keys()) {
      for (let event = nextOf(host); event !== undefined && canHappen(event); event = nextOf(host)) {
        const wanted = clockOf(event, byHost);
        if (!isSame(wanted, event.clock)) {
          const should = JSON.stringify(Object.fromEntries(wanted));
          problems.push({ line: event.line, message: `The clock leaves out what follows from it: it should be ${should}.` });
        }
        passed.set(host, event.own);
        moved = true;
      }
    }
  }
  for (const host of byHost.keys()) {
    const stuck = nextOf(host);
    if (stuck !== undefined) problems.push({ line: stuck.line, message: `Event ${stuck.own} of ${host} happens before itself.` });
  }
  return problems;
}

function clockOf(event: Event, byHost: ByHost): ReadonlyMap<string, number> {
  const clock = new Map([[event.host, event.own]]);
  for (const [host, time] of event.clock) {
    const heard = byHost.get(host)?.[(host === event.host ? time - 1 : time) - 1];
    for (const [of, at] of heard?.clock ?? []) clock.set(of, Math.max(at, clock.get(of) ?? 0));
  }
  return clock;
}

function isSame(a: ReadonlyMap<string, number>, b: ReadonlyMap<string, number>): boolean {
  return a.size === b.size && [...a].every(([host, time]) => b.get(host) === time);
}
