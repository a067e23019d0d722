import { existsSync } from "node:fs";
import { messageOf } from "../../core/errors.js";
import type { Engine } from "../../engine/port.js";
import { down } from "../down.js";
import { type Report, step } from "../steps.js";
import type { Litter } from "./find.js";

export interface RemoveOptions {
  /** Of devious: the logs of clusters whose folder is there are kept first. */
  readonly version: string;
  readonly at: Date;
  readonly signal: AbortSignal;
  readonly report: Report;
}

/** What could not be removed, and why; whatever it was keeps nothing else from being removed. */
export async function removeLitter(
  engine: Engine,
  litter: readonly Litter[],
  options: RemoveOptions,
): Promise<ReadonlyMap<Litter, string>> {
  const left = new Map<Litter, string>();
  for (const one of litter) {
    options.signal.throwIfAborted();
    try {
      await remove(engine, one, options);
    } catch (error) {
      options.signal.throwIfAborted();
      left.set(one, messageOf(error));
    }
  }
  return left;
}

async function remove(engine: Engine, litter: Litter, { version, at, signal, report }: RemoveOptions): Promise<void> {
  switch (litter.kind) {
    case "cluster": {
      const { found } = litter;
      const archive = found.owner !== undefined && existsSync(found.owner) ? { version, at } : null;
      await step(report, `remove ${litter.name}`, () =>
        // its own steps would be too much to read
        down(engine, found, { volumes: true, archive, hooks: "none", signal, report: () => undefined }),
      );
      return;
    }
    case "look":
      return step(report, `remove ${litter.name}`, () => engine.removeContainer(litter.id));
    case "image":
      return step(report, `remove ${litter.name}`, () => engine.removeImage(litter.id));
  }
}
