import { impairmentOf } from "../../chaos/impairment-words.js";
import type { FaultView } from "../../chaos/protocol.js";
import { FaultCommand } from "../../cli/fault-command.js";
import { faultFlags, signedDurationFlag, targetArg } from "../../cli/flags.js";
import { jitterFlags, orphanProblems } from "../../cli/impairment-flags.js";
import { audienceOf, linkFlags, trafficOf } from "../../cli/link-flags.js";

export default class ChaosDelay extends FaultCommand {
  static override summary = "Slow what nodes send to their peers; round trips with them grow by this time.";
  static override description =
    "The short form of `chaos slow TARGET --delay`. Clients on this machine are not slowed unless --to says so. Needs sch_netem in the engine's kernel.";
  static override examples = [
    "<%= config.bin %> chaos delay n2 --time 100ms",
    "<%= config.bin %> chaos delay leader --time 100ms --jitter 10ms --for 30s",
    "<%= config.bin %> chaos delay all --time 50ms --jitter 20ms --distribution pareto",
  ];
  static override args = { target: targetArg };
  static override flags = {
    time: signedDurationFlag({ description: "How much later packets leave.", required: true }),
    ...jitterFlags,
    ...linkFlags,
    ...faultFlags,
  };

  async run(): Promise<FaultView> {
    const { args, flags } = await this.parse(ChaosDelay);
    const { time: delay, jitter, correlation, distribution, direction } = flags;
    const words = { delay, jitter, correlation, distribution };
    const target = this.target(args.target);
    const to = audienceOf(flags.to, (text) => this.target(text));
    const wish = { kind: "slow", target, to, direction, impairment: impairmentOf(words), traffic: trafficOf(flags) } as const;
    return this.injectWish(wish, flags, orphanProblems(words));
  }
}
