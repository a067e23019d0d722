/** A line on its way through the logs: where it was said and when. What it says is looked at by those only who want to know. */
import type { LogRecord, RecordFlag, RecordStream } from "../core/log-record.js";
import { entryJson } from "./entry-json.js";
import { type Said, parseLine } from "./parse.js";
import type { Shown } from "./shown.js";

/** Whose log a line is from. */
export interface Source {
  readonly cluster: string;
  readonly service: string;
  readonly node: string;
  /** The engine's id of the container; absent where a log was kept. */
  readonly container?: string | undefined;
  /** How its lines are understood, those of each stream by their own parser; undefined: in the usual ways. */
  readonly parsers?: Readonly<Record<RecordStream, Parse>> | undefined;
  /** Its spec says how its lines are written. */
  readonly hasFormat?: boolean | undefined;
}

type Parse = (text: string) => Said;

export class Entry implements Shown {
  readonly source: Source;
  readonly stream: RecordStream;
  /** As {@link LogRecord.ts}. */
  readonly ts: string;
  /** The line as its program wrote it, without its end. */
  readonly text: string;
  readonly seq: number;
  readonly flags: readonly RecordFlag[];
  readonly isAside: boolean;
  #record: LogRecord | undefined;

  constructor(
    source: Source,
    stream: RecordStream,
    ts: string,
    text: string,
    seq: number,
    flags: readonly RecordFlag[],
    isAside = false,
  ) {
    this.source = source;
    this.stream = stream;
    this.ts = ts;
    this.text = text;
    this.seq = seq;
    this.flags = flags;
    this.isAside = isAside;
  }

  /** What it says, understood when somebody first asks. */
  get record(): LogRecord {
    return (this.#record ??= this.#parse());
  }

  json(): string {
    return entryJson(this);
  }

  #parse(): LogRecord {
    const { cluster, service, node, parsers } = this.source;
    const { level, event, msg, fields } = (parsers?.[this.stream] ?? parseLine)(this.text);
    const said = { ts: this.ts, cluster, service, node, stream: this.stream, level, event, msg, fields, seq: this.seq };
    return this.flags.length === 0 ? said : { ...said, flags: this.flags };
  }
}

/** One entry of two: the second goes on with what the first began. */
export function joinedEntry({ source, stream, ts, text, seq, flags }: Entry, more: string): Entry {
  const isJoined = flags.includes("joined");
  return new Entry(source, stream, ts, `${text}\n${more}`, seq, isJoined ? flags : ["joined", ...flags]);
}

/** The same entry, which came after later ones had been shown. */
export function lateEntry({ source, stream, ts, text, seq, flags, isAside }: Entry): Entry {
  return new Entry(source, stream, ts, text, seq, [...flags, "late"], isAside);
}

/** The same entry, as {@link Shown.isAside}. */
export function asideEntry({ source, stream, ts, text, seq, flags }: Entry): Entry {
  return new Entry(source, stream, ts, text, seq, flags, true);
}
