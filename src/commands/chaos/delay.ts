import { Args, Flags } from "@oclif/core";
import { distributions, noImpairment } from "../../chaos/impairment.js";
import type { FaultView } from "../../chaos/protocol.js";
import { parseTarget } from "../../chaos/target.js";
import { anyTraffic } from "../../chaos/traffic.js";
import { FaultCommand } from "../../cli/fault-command.js";
import { durationFlag, faultFlags } from "../../cli/flags.js";

export default class ChaosDelay extends FaultCommand {
  static override summary = "Slow what nodes send to their peers; round trips with them grow by this time.";
  static override description = "Clients on this machine are not slowed. Needs sch_netem in the engine's kernel.";
  static override examples = [
    "<%= config.bin %> chaos delay n2 --time 100ms",
    "<%= config.bin %> chaos delay leader --time 100ms --jitter 10ms --for 30s",
    "<%= config.bin %> chaos delay all --time 50ms --jitter 20ms --distribution pareto",
  ];
  static override args = { target: Args.string({ description: "n1 · n1,n3 · leader · followers · all", required: true }) };
  static override flags = {
    ...faultFlags,
    time: durationFlag({ description: "How much later packets leave.", required: true }),
    jitter: durationFlag({ description: "How far packets spread around that." }),
    distribution: Flags.option({ description: "Shape of the jitter; default normal.", options: distributions })(),
  };

  async run(): Promise<FaultView> {
    const { args, flags } = await this.parse(ChaosDelay);
    const { time: timeMs, jitter: jitterMs = 0, distribution = "normal" } = flags;
    const impairment = { ...noImpairment, delay: { timeMs, jitterMs, correlation: 0, distribution } };
    const target = parseTarget(args.target);
    return this.injectWish({ kind: "slow", target, to: "peers", direction: "from", impairment, traffic: anyTraffic }, flags);
  }
}
