import { inject } from "../cluster/inject.js";
import type { Wish } from "../cluster/inject.js";
import type { FaultView } from "../chaos/protocol.js";
import { formatDuration } from "../core/duration.js";
import { BaseCommand } from "./base-command.js";
import { faultDurationMs } from "./flags.js";
import { theCluster } from "./the-cluster.js";

/** What the commands that inject a fault share: they differ in the wish alone. */
export abstract class FaultCommand extends BaseCommand {
  protected async injectWish(
    wish: Wish,
    flags: { readonly cluster?: string | undefined; readonly for?: number | undefined; readonly "until-healed": boolean },
  ): Promise<FaultView> {
    const durationMs = faultDurationMs(flags);
    const found = await theCluster(this.world, flags.cluster);
    const fault = await inject(this.world.engine, found, wish, durationMs);
    const end = durationMs === null ? `until \`devious chaos heal ${fault.id}\`` : `for ${formatDuration(durationMs)}`;
    this.log(`${this.terminal.chalk.bold(fault.id)} ${fault.description} ${end}`);
    return fault;
  }
}
