import { randomInt } from "node:crypto";
import { isMomentary } from "../chaos/fault.js";
import type { FaultView } from "../chaos/protocol.js";
import { type Shape, parseShape } from "../chaos/shape.js";
import { type Target, parseTarget } from "../chaos/target.js";
import { type Wish, isRandomWish, problemsWithWish } from "../chaos/wish.js";
import { inject } from "../cluster/inject.js";
import { formatDuration } from "../core/duration.js";
import { DeviousError, allAtOnce } from "../core/errors.js";
import { BaseCommand } from "./base-command.js";
import { faultDurationMs } from "./flags.js";
import { renderMeasurements } from "./render-faults.js";
import { theCluster } from "./the-cluster.js";

/** {@link ./flags.ts faultFlags}, parsed; a fault that is over at once has neither a time nor an end. */
interface FaultFlags {
  readonly cluster?: string | undefined;
  readonly for?: number | undefined;
  readonly "until-healed"?: boolean;
  readonly seed?: number | undefined;
  readonly verify: boolean;
}

/** What the commands that inject a fault share: they differ in the wish alone. */
export abstract class FaultCommand extends BaseCommand {
  /** Words that mean nothing: told by {@link injectWish}, together with everything else that is wrong. */
  readonly #unread: DeviousError[] = [];

  protected target(text: string): Target {
    return this.#read(() => parseTarget(text), [{ by: "all" }]);
  }

  protected shape(text: string): Shape {
    return this.#read(() => parseShape(text), { kind: "flaky", target: null });
  }

  /** What `parse` gives; where it throws, the stand-in, which is never used for anything but finding further mistakes. */
  #read<T>(parse: () => T, standIn: T): T {
    try {
      return parse();
    } catch (error) {
      if (!(error instanceof DeviousError)) throw error;
      this.#unread.push(error);
      return standIn;
    }
  }

  /** Injects it and prints what was done. `mistakes` are those found in the flags. Nothing is touched where anything is wrong. */
  protected async injectWish(wish: Wish, flags: FaultFlags, mistakes: readonly string[] = []): Promise<FaultView> {
    const durationMs = isMomentary(wish) ? null : faultDurationMs(flags);
    const problems = [...(durationMs !== null && durationMs <= 0 ? ["--for must be longer than zero."] : []), ...mistakes];
    const [unread, ...more] = this.#unread;
    if (unread !== undefined) {
      const known = [...problems, ...problemsWithWish(wish)].map((problem) => new DeviousError("USAGE", problem));
      throw allAtOnce([unread, ...more, ...known]);
    }
    const seed = flags.seed ?? randomInt(2 ** 32);
    const found = await theCluster(this.world, flags.cluster);
    const fault = await inject(this.world.engine, found, wish, { durationMs, seed, verify: flags.verify, problems });
    const drawn = isRandomWish(wish) ? ` (seed ${seed})` : "";
    this.log(`${this.terminal.chalk.bold(fault.id)} ${fault.description}${endOf(wish, fault.id, durationMs)}${drawn}`);
    if (fault.proof?.how === "measured")
      this.log(this.terminal.draw(renderMeasurements(fault.proof.measurements, this.terminal.chalk)));
    return fault;
  }
}

function endOf(wish: Wish, id: string, durationMs: number | null): string {
  if (isMomentary(wish)) return "";
  return durationMs === null ? ` until \`devious chaos heal ${id}\`` : ` for ${formatDuration(durationMs)}`;
}
