import type { FaultView } from "../../chaos/protocol.js";
import { FaultCommand } from "../../cli/fault-command.js";
import { faultFlags, targetArg } from "../../cli/flags.js";

const { cluster, seed, verify } = faultFlags;

export default class ChaosWipe extends FaultCommand {
  static override summary = "Kill nodes of the bundled store, empty their disks and start them again.";
  static override description =
    "It is over when it is done, so there is no --for, and nothing brings the data back. A node of raft comes back as a new member, which the others bring up to date: also the way back for one whose log is damaged. Where a majority loses its disks, the store has lost its data.";
  static override examples = ["<%= config.bin %> chaos wipe n2", "<%= config.bin %> chaos wipe follower"];
  static override args = { target: targetArg };
  static override flags = { cluster, seed, verify };

  async run(): Promise<FaultView> {
    const { args, flags } = await this.parse(ChaosWipe);
    return this.injectWish({ kind: "wipe", target: this.target(args.target) }, flags);
  }
}
