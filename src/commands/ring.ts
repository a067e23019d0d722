import { BaseRingCommand, ringFlags } from "../cli/ring-command.js";
import { renderRing } from "../cli/render-ring.js";
import type { ClusterRing } from "../cluster/ring/cluster-ring.js";

export default class Ring extends BaseRingCommand {
  static override summary = "Draw the ring of a leaderless store: who owns what, who reaches whom, hints, handoffs, plans.";
  static override description =
    "Asks every node, and shows where they see it differently. Each cell is a partition, with the sign of the member that owns it; under it the next owner.";
  static override examples = ["<%= config.bin %> ring", "<%= config.bin %> ring --json", "watch -c -n 1 <%= config.bin %> ring"];
  static override flags = ringFlags;

  async run(): Promise<ClusterRing> {
    const { flags } = await this.parse(Ring);
    const ring = await this.ringOf(flags);
    const { chalk, draw } = this.terminal;
    this.log(draw(renderRing(ring, { width: process.stdout.columns ?? 100, chalk })));
    return ring;
  }
}
