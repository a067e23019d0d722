import type { Prng } from "../../../../src/core/prng.js";
import type { FileReader, Folder } from "../../../../src/store/io/bitcask/folder.js";
import type { LogFile } from "../../../../src/store/io/log-file.js";

export type Step =
  | { readonly type: "create" | "remove"; readonly name: string }
  | { readonly type: "append"; readonly name: string; readonly bytes: Buffer }
  /** The first `length` bytes are durable. */
  | { readonly type: "synced" | "cut"; readonly name: string; readonly length: number }
  /** What the first `steps` did to names is durable. */
  | { readonly type: "namesSynced"; readonly steps: number };

interface Stored {
  bytes: Buffer;
  /** So many of them are durable. */
  durable: number;
}

/** A folder in memory that writes down what becomes of it, so that it can be had as a crash would have left it at any moment. */
export class MemoryFolder implements Folder {
  readonly steps: Step[] = [];
  readonly #before: ReadonlyMap<string, Buffer>;
  readonly #files: Map<string, Stored>;
  /** What the disk says to the next append or sync; undefined: nothing. */
  refusal: Error | undefined;
  /** Reads of files so far. */
  reads = 0;

  constructor(files: ReadonlyMap<string, Buffer> = new Map()) {
    this.#before = files;
    this.#files = stored(files);
  }

  path(name: string): string {
    return `/data/${name}`;
  }

  names(): readonly string[] {
    return [...this.#files.keys()];
  }

  bytes(name: string): Buffer {
    return this.#file(name).bytes;
  }

  /** As it would be had `change` been made by nobody. */
  change(name: string, change: (bytes: Buffer) => Buffer): void {
    const file = this.#file(name);
    file.bytes = change(Buffer.from(file.bytes));
  }

  create(name: string): LogFile {
    this.#do({ type: "create", name });
    return {
      append: (bytes) => {
        if (this.refusal !== undefined) throw this.refusal;
        this.#do({ type: "append", name, bytes: Buffer.from(bytes) });
      },
      showsAll: true,
      sync: async () => {
        const { length } = this.bytes(name);
        await Promise.resolve();
        if (this.refusal !== undefined) throw this.refusal;
        this.#do({ type: "synced", name, length });
      },
      close: () => undefined,
    };
  }

  open(name: string): FileReader {
    const file = this.#file(name);
    return {
      get length() {
        return file.bytes.length;
      },
      read: (offset, length) => {
        this.reads++;
        return Buffer.from(file.bytes.subarray(offset, offset + length));
      },
      close: () => undefined,
    };
  }

  remove(name: string): void {
    this.#do({ type: "remove", name });
  }

  cut(name: string, length: number): void {
    this.#do({ type: "cut", name, length });
  }

  async syncNames(): Promise<void> {
    const steps = this.steps.length;
    await Promise.resolve();
    this.#do({ type: "namesSynced", steps });
  }

  /** The folder after the process was killed: `steps` were done, and `bytes` of the next one, where that is an append. */
  killedAt(steps: number, bytes = 0): MemoryFolder {
    const left = this.#replay(steps);
    const next = this.steps[steps];
    if (next?.type === "append") apply(left, { ...next, bytes: next.bytes.subarray(0, bytes) });
    return new MemoryFolder(contents(left));
  }

  /** The folder after the power failed when `steps` were done. What nobody had synced is there in part, by chance, or zeros stand for it. */
  powerLostAt(steps: number, prng: Prng): MemoryFolder {
    const done = this.steps.slice(0, steps);
    const synced = Math.max(0, ...done.map((step) => (step.type === "namesSynced" ? step.steps : 0)));
    const left = this.#replay(steps, (at) => at < synced || prng.chance(0.5));
    for (const file of left.values()) {
      file.bytes = Buffer.from(file.bytes.subarray(0, prng.int(file.durable, file.bytes.length)));
      if (prng.chance(0.5)) file.bytes.fill(0, file.durable, prng.int(file.durable, file.bytes.length));
      if (prng.chance(0.5)) file.bytes = Buffer.concat([file.bytes, Buffer.alloc(prng.int(0, 50))]);
    }
    return new MemoryFolder(contents(left));
  }

  /** `isNamed`: whether it is known what this step did to names. */
  #replay(steps: number, isNamed: (step: number) => boolean = () => true): Map<string, Stored> {
    const current = stored(this.#before);
    const named = new Map(current);
    for (const [at, step] of this.steps.slice(0, steps).entries()) {
      apply(current, step);
      if (!isNamed(at)) continue;
      if (step.type === "create") named.set(step.name, current.get(step.name) as Stored);
      if (step.type === "remove") named.delete(step.name);
    }
    return named;
  }

  #do(step: Step): void {
    this.steps.push(step);
    apply(this.#files, step);
  }

  #file(name: string): Stored {
    const file = this.#files.get(name);
    if (file === undefined) throw new Error(`ENOENT: ${name}`);
    return file;
  }
}

function stored(files: ReadonlyMap<string, Buffer>): Map<string, Stored> {
  return new Map([...files].map(([name, bytes]) => [name, { bytes, durable: bytes.length }]));
}

function contents(files: ReadonlyMap<string, Stored>): ReadonlyMap<string, Buffer> {
  return new Map([...files].map(([name, { bytes }]) => [name, bytes]));
}

function apply(files: Map<string, Stored>, step: Step): void {
  if (step.type === "namesSynced") return;
  if (step.type === "create") files.set(step.name, { bytes: Buffer.alloc(0), durable: 0 });
  if (step.type === "remove") files.delete(step.name);
  const file = files.get(step.name);
  if (file === undefined) return;
  if (step.type === "append") file.bytes = Buffer.concat([file.bytes, step.bytes]);
  if (step.type === "synced") file.durable = Math.max(file.durable, step.length);
  if (step.type === "cut") {
    file.bytes = file.bytes.subarray(0, step.length);
    file.durable = step.length;
  }
}
