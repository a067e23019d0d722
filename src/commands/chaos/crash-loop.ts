import type { FaultView } from "../../chaos/protocol.js";
import { FaultCommand } from "../../cli/fault-command.js";
import { faultFlags, signedDurationFlag, targetArg } from "../../cli/flags.js";

const defaultEveryMs = 5000;

export default class ChaosCrashLoop extends FaultCommand {
  static override summary = "Kill nodes again and again, each time starting them at once.";
  static override examples = [
    "<%= config.bin %> chaos crash-loop n2",
    "<%= config.bin %> chaos crash-loop follower --every 10s --for 5m",
  ];
  static override args = { target: targetArg };
  static override flags = {
    every: signedDurationFlag({ description: "From one kill to the next; the first comes at once; default 5s." }),
    ...faultFlags,
  };

  async run(): Promise<FaultView> {
    const { args, flags } = await this.parse(ChaosCrashLoop);
    const { every: everyMs = defaultEveryMs } = flags;
    return this.injectWish({ kind: "crash-loop", target: this.target(args.target), everyMs }, flags);
  }
}
