import type { LogOptions } from "../port.js";

type StreamName = "stdout" | "stderr";

interface Entry {
  readonly stream: StreamName;
  readonly stamp: string;
  readonly bytes: Uint8Array;
}

/** Longer lines are cut into chunks of this many bytes that share a stamp (moby `daemon/logger/copier.go`). */
const chunkBytes = 16 * 1024;

const encoder = new TextEncoder();

/** A container's log as Docker's json-file driver keeps and sends it. */
export class LogFile {
  readonly #nextStamp: () => string;
  readonly #entries: Entry[] = [];
  /** Text after the last newline, which is no line yet. */
  readonly #rest = { stdout: "", stderr: "" };
  readonly #readers = new Set<() => void>();
  #open = false;

  constructor(nextStamp: () => string) {
    this.#nextStamp = nextStamp;
  }

  write(stream: StreamName, text: string): void {
    const lines = (this.#rest[stream] + text).split("\n");
    this.#rest[stream] = lines.pop() ?? "";
    for (const line of lines) this.#append(stream, `${line}\n`);
    this.#wake();
  }

  /** The program runs: who follows waits for more. */
  open(): void {
    this.#open = true;
  }

  /** The program has ended: half a line is all that will ever come of it, and who follows is done. */
  close(): void {
    for (const stream of ["stdout", "stderr"] as const) {
      if (this.#rest[stream] !== "") this.#append(stream, this.#rest[stream]);
      this.#rest[stream] = "";
    }
    this.#open = false;
    this.#wake();
  }

  async *read({ follow, since, tail, signal }: LogOptions): AsyncGenerator<Uint8Array> {
    let next = tail === undefined ? 0 : Math.max(0, this.#entries.length - tail);
    const wake = (): void => this.#wake();
    signal?.addEventListener("abort", wake, { once: true });
    try {
      for (;;) {
        for (; next < this.#entries.length; next++) {
          const entry = this.#entries[next] as Entry;
          if (since === undefined || entry.stamp >= since) yield stampedFrame(entry);
          if (signal?.aborted === true) return;
        }
        if (!follow || !this.#open || signal?.aborted === true) return;
        await new Promise<void>((resolve) => this.#readers.add(resolve));
      }
    } finally {
      signal?.removeEventListener("abort", wake);
    }
  }

  #append(stream: StreamName, line: string): void {
    const bytes = encoder.encode(line);
    const stamp = this.#nextStamp();
    for (let start = 0; start < bytes.length; start += chunkBytes) {
      this.#entries.push({ stream, stamp, bytes: bytes.subarray(start, start + chunkBytes) });
    }
  }

  #wake(): void {
    for (const wake of this.#readers) wake();
    this.#readers.clear();
  }
}

function stampedFrame({ stream, stamp, bytes }: Entry): Uint8Array {
  return frame(stream, Buffer.concat([encoder.encode(`${stamp} `), bytes]));
}

/** Docker's framing: `[stream, 0, 0, 0, length as uint32 big endian]`, then that many bytes (Engine API, "ContainerAttach"). */
export function frame(stream: StreamName, payload: Uint8Array): Uint8Array {
  const header = Buffer.alloc(8);
  header[0] = stream === "stdout" ? 1 : 2;
  header.writeUInt32BE(payload.length, 4);
  return Buffer.concat([header, payload]);
}

/** RFC 3339 with nine decimals, never the same twice: the clock of one engine. */
export function createStampClock(nowMs: () => number): () => string {
  let lastNs = 0n;
  return () => {
    const nowNs = BigInt(Math.floor(nowMs())) * 1_000_000n;
    lastNs = nowNs > lastNs ? nowNs : lastNs + 1n;
    const seconds = new Date(Number(lastNs / 1_000_000n)).toISOString().slice(0, 19);
    return `${seconds}.${String(lastNs % 1_000_000_000n).padStart(9, "0")}Z`;
  };
}
