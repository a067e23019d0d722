import { randomInt } from "node:crypto";
import { inject } from "../cluster/inject.js";
import { type Wish, isRandomWish, problemsWithWish } from "../chaos/wish.js";
import type { FaultView } from "../chaos/protocol.js";
import { formatDuration } from "../core/duration.js";
import { DeviousError } from "../core/errors.js";
import { BaseCommand } from "./base-command.js";
import { faultDurationMs } from "./flags.js";
import { theCluster } from "./the-cluster.js";

/** {@link ./flags.ts faultFlags}, parsed. */
interface FaultFlags {
  readonly cluster?: string | undefined;
  readonly for?: number | undefined;
  readonly "until-healed": boolean;
  readonly seed?: number | undefined;
  readonly verify: boolean;
}

/** What the commands that inject a fault share: they differ in the wish alone. */
export abstract class FaultCommand extends BaseCommand {
  protected async injectWish(wish: Wish, flags: FaultFlags): Promise<FaultView> {
    const durationMs = faultDurationMs(flags);
    const [problem, ...more] = problemsWithWish(wish);
    if (problem !== undefined) throw new DeviousError("USAGE", problem, { details: more });
    const seed = flags.seed ?? randomInt(2 ** 32);
    const found = await theCluster(this.world, flags.cluster);
    const fault = await inject(this.world.engine, found, wish, { durationMs, seed, verify: flags.verify });
    const end = durationMs === null ? `until \`devious chaos heal ${fault.id}\`` : `for ${formatDuration(durationMs)}`;
    const drawn = isRandomWish(wish) ? ` (seed ${seed})` : "";
    this.log(`${this.terminal.chalk.bold(fault.id)} ${fault.description} ${end}${drawn}`);
    return fault;
  }
}
