import { Flags } from "@oclif/core";
import type { FaultView } from "../../chaos/protocol.js";
import { FaultCommand } from "../../cli/fault-command.js";
import { faultFlags, signedDurationFlag, targetArg } from "../../cli/flags.js";

export default class ChaosDisk extends FaultCommand {
  static override summary = "Break the disk under nodes of the bundled store: its write-ahead log.";
  static override description =
    "--lose-unsynced and --torn show when the node is killed, as in a power cut: combine them with `chaos kill`. A node of your own image has no such disk.";
  static override examples = [
    "<%= config.bin %> chaos disk n2 --slow 200ms",
    "<%= config.bin %> chaos disk leader --fail --for 10s",
    "<%= config.bin %> chaos disk n1 --lose-unsynced --torn --until-healed",
  ];
  static override args = { target: targetArg };
  static override flags = {
    slow: signedDurationFlag({ description: "Every fsync takes so much longer." }),
    fail: Flags.boolean({ description: "Every fsync fails.", default: false }),
    "lose-unsynced": Flags.boolean({ description: "What was not fsynced is lost when the node is killed.", default: false }),
    torn: Flags.boolean({ description: "The last write is on the disk in part only when the node is killed.", default: false }),
    "flip-bit": Flags.boolean({ description: "One bit is other than it was written.", default: false }),
    ...faultFlags,
  };

  async run(): Promise<FaultView> {
    const { args, flags } = await this.parse(ChaosDisk);
    const trouble = {
      fsyncDelayMs: flags.slow ?? 0,
      fsyncFails: flags.fail,
      losesUnsynced: flags["lose-unsynced"],
      tearsWrites: flags.torn,
      flipsBit: flags["flip-bit"],
    };
    return this.injectWish({ kind: "disk", target: this.target(args.target), trouble }, flags);
  }
}
