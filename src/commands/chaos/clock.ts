import type { FaultView } from "../../chaos/protocol.js";
import { FaultCommand } from "../../cli/fault-command.js";
import { faultFlags, percentFlag, signedDurationFlag, targetArg } from "../../cli/flags.js";

export default class ChaosClock extends FaultCommand {
  static override summary = "Give nodes of the bundled store a wrong clock.";
  static override description =
    "Only theirs: the machine's own clock is never touched, which is why a node of your own image cannot have one.";
  static override examples = [
    "<%= config.bin %> chaos clock n2 --skew 5s",
    "<%= config.bin %> chaos clock leader --skew -5s --drift -10%",
    "<%= config.bin %> chaos clock n1 --jump 10s --for 30s",
  ];
  static override args = { target: targetArg };
  static override flags = {
    skew: signedDurationFlag({ description: "The wall clock is ahead by so much, or behind: 5s, -5s." }),
    jump: signedDurationFlag({ description: "Wall clock and timers step so much forward, as after a sleep of the machine." }),
    drift: percentFlag({ description: "Wall clock and timers run so much faster, or slower: 10%, -10%." }),
    ...faultFlags,
  };

  async run(): Promise<FaultView> {
    const { args, flags } = await this.parse(ChaosClock);
    const trouble = { skewMs: flags.skew ?? 0, jumpMs: flags.jump ?? 0, driftPercent: flags.drift ?? 0 };
    return this.injectWish({ kind: "clock", target: this.target(args.target), trouble }, flags);
  }
}
