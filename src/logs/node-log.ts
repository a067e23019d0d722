import type { LogRecord, RecordFlag } from "../core/log-record.js";
import { createDemuxer, type Demuxer, type Frame } from "./demux.js";
import { LineJoiner, toPieces, type Line } from "./lines.js";
import { clamped } from "./merge.js";
import { parseLine } from "./parse.js";
import { Repeats } from "./repeats.js";
import { Progress, type Skip } from "./progress.js";

/** Where a log comes from, and what of it counts. */
export interface Origin {
  readonly cluster: string;
  readonly service: string;
  readonly node: string;
  readonly tty: boolean;
  /** False where stderr is no log: the agent answers requests there. */
  readonly stderr: boolean;
  /** Earlier records are counted and not shown. */
  readonly since: string | undefined;
}

/**
 * One container's log, from the engine's bytes to records. Can be read in several goes: {@link attach} says from where, and what
 * was seen before is left out, so that over all goes every line is one record, numbered from 1 without a hole.
 */
export class NodeLog {
  readonly #origin: Origin;
  readonly #progress = new Progress();
  readonly #repeats = new Repeats();
  readonly #joiner = new LineJoiner();
  #demuxer: Demuxer;
  #skip: Skip;
  #seq = 0;
  #lastTs = "";
  /** Something may be missing before the next record that is shown. */
  #gap = false;

  constructor(origin: Origin) {
    this.#origin = origin;
    this.#demuxer = createDemuxer(origin.tty);
    this.#skip = this.#progress.resume().skip;
  }

  /** Begins a new go: returns the stamp from which the engine is to send, or undefined for everything. */
  attach(): string | undefined {
    const { since, skip } = this.#progress.resume();
    this.#demuxer = createDemuxer(this.#origin.tty);
    this.#skip = skip;
    return since;
  }

  push(chunk: Uint8Array): LogRecord[] {
    return this.#records(this.#demuxer.push(chunk));
  }

  /** The engine ended the stream, as it does where the log ends; a broken connection is none of this. */
  detach(): LogRecord[] {
    return this.#records(this.#demuxer.end());
  }

  /** The container has stopped: what its program left open is a line as it is. */
  stopped(): LogRecord[] {
    return this.#joiner.end().flatMap((line) => this.#record(line));
  }

  #records(frames: readonly Frame[]): LogRecord[] {
    const records: LogRecord[] = [];
    for (const frame of frames) {
      for (const piece of toPieces(frame)) {
        const verdict = this.#skip.next(piece.stamp);
        if (verdict === "known") continue;
        if (verdict === "gap") {
          records.push(...this.stopped());
          this.#gap = true;
        }
        if (this.#repeats.has(piece, this.#joiner.isOpen(piece.stream))) continue;
        const isLog = piece.stream === "stdout" || this.#origin.stderr;
        const line = isLog ? this.#joiner.push(piece) : undefined;
        this.#progress.note(piece.stamp, this.#joiner.oldestOpen());
        if (line !== undefined) records.push(...this.#record(line));
      }
    }
    return records;
  }

  /** The line's record, or none where it is before `since`. */
  #record(line: Line): LogRecord[] {
    this.#seq += 1;
    const { cluster, service, node, since } = this.#origin;
    if (since !== undefined && line.stamp < since && this.#lastTs < since) {
      if (line.stamp > this.#lastTs) this.#lastTs = line.stamp;
      return [];
    }
    const flags = this.#flags(line);
    const record: LogRecord = {
      ts: line.stamp,
      cluster,
      service,
      node,
      stream: line.stream,
      ...parseLine(line.text),
      seq: this.#seq,
      ...(flags.length > 0 ? { flags } : {}),
    };
    const inOrder = clamped(record, this.#lastTs);
    this.#lastTs = inOrder.ts;
    this.#gap = false;
    return [inOrder];
  }

  #flags(line: Line): RecordFlag[] {
    const flags: RecordFlag[] = [];
    if (line.joined) flags.push("joined");
    if (line.truncated) flags.push("truncated");
    if (this.#gap) flags.push("gap");
    return flags;
  }
}
