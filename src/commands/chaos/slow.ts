import { impairmentOf } from "../../chaos/impairment-words.js";
import type { FaultView } from "../../chaos/protocol.js";
import { FaultCommand } from "../../cli/fault-command.js";
import { faultFlags, targetArg } from "../../cli/flags.js";
import { impairmentFlags, orphanProblems } from "../../cli/impairment-flags.js";
import { audienceOf, linkFlags, trafficOf } from "../../cli/link-flags.js";

export default class ChaosSlow extends FaultCommand {
  static override summary = "Make links bad: slow, lossy, doubling, garbling, disordered or narrow, in any combination.";
  static override description =
    "It happens where packets leave, so the way back stays as it is unless --direction says otherwise. What clients send (--to clients --direction to) is held back where it arrives, which needs ifb and act_mirred in the engine's kernel. All but --rate needs sch_netem.";
  static override examples = [
    "<%= config.bin %> chaos slow n2 --delay 100ms --jitter 10ms --loss 2%",
    "<%= config.bin %> chaos slow leader --to followers --direction both --delay 200ms --for 30s",
    "<%= config.bin %> chaos slow n1 --to clients --rate 1mbit --burst 32kb",
    "<%= config.bin %> chaos slow n2 --to clients --direction both --delay 50ms",
    "<%= config.bin %> chaos slow all --loss-gemodel 1%,10% --port 2380 --proto tcp",
    "<%= config.bin %> chaos slow 'random(2)' --delay 50ms --reorder 25% --reorder-gap 5 --verify",
  ];
  static override args = { target: targetArg };
  static override flags = { ...impairmentFlags, ...linkFlags, ...faultFlags };

  async run(): Promise<FaultView> {
    const { args, flags } = await this.parse(ChaosSlow);
    const target = this.target(args.target);
    const to = audienceOf(flags.to, (text) => this.target(text));
    const { direction } = flags;
    const wish = { kind: "slow", target, to, direction, impairment: impairmentOf(flags), traffic: trafficOf(flags) } as const;
    return this.injectWish(wish, flags, orphanProblems(flags));
  }
}
