/** A line on its way through the logs: where it was said and when. What it says is looked at by those only who want to know. */
import type { LogRecord, RecordFlag, RecordStream } from "../core/log-record.js";
import { parseLine } from "./parse.js";

/** Whose log a line is from. */
export interface Source {
  readonly cluster: string;
  readonly service: string;
  readonly node: string;
}

export class Entry {
  readonly source: Source;
  readonly stream: RecordStream;
  /** As {@link LogRecord.ts}. */
  readonly ts: string;
  /** The line as its program wrote it, without its end. */
  readonly text: string;
  readonly seq: number;
  readonly flags: readonly RecordFlag[];
  #record: LogRecord | undefined;

  constructor(source: Source, stream: RecordStream, ts: string, text: string, seq: number, flags: readonly RecordFlag[]) {
    this.source = source;
    this.stream = stream;
    this.ts = ts;
    this.text = text;
    this.seq = seq;
    this.flags = flags;
  }

  /** What it says, understood when somebody first asks. */
  get record(): LogRecord {
    return (this.#record ??= this.#parse());
  }

  #parse(): LogRecord {
    const { cluster, service, node } = this.source;
    const { level, event, msg, fields } = parseLine(this.text);
    const said = { ts: this.ts, cluster, service, node, stream: this.stream, level, event, msg, fields, seq: this.seq };
    return this.flags.length === 0 ? said : { ...said, flags: this.flags };
  }
}

/** The same entry, which came after later ones had been shown. */
export function lateEntry({ source, stream, ts, text, seq, flags }: Entry): Entry {
  return new Entry(source, stream, ts, text, seq, [...flags, "late"]);
}
