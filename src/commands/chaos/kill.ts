import { Flags } from "@oclif/core";
import { type Signal, signals } from "../../chaos/kill.js";
import type { FaultView } from "../../chaos/protocol.js";
import { FaultCommand } from "../../cli/fault-command.js";
import { faultFlags, readAs, targetArg } from "../../cli/flags.js";

export default class ChaosKill extends FaultCommand {
  static override summary = "Kill nodes with a signal; they stay down until the time is up or `chaos start`.";
  static override description =
    "A node that still runs 5s after the signal has survived it: the fault fails, and because it might die of the signal yet, the node is ended with SIGKILL and started again.";
  static override examples = [
    "<%= config.bin %> chaos kill leader",
    "<%= config.bin %> chaos kill minority --for 10s",
    "<%= config.bin %> chaos kill n1 --signal TERM --until-healed",
  ];
  static override args = { target: targetArg };
  static override flags = {
    signal: Flags.custom<Signal>({
      parse: (text) => Promise.resolve(readAs(text, parseSignal, "a signal that ends a process", `Write ${signals.join(", ")}.`)),
    })({ description: "Which signal, with or without SIG; default KILL.", helpValue: signals.join("|") }),
    ...faultFlags,
  };

  async run(): Promise<FaultView> {
    const { args, flags } = await this.parse(ChaosKill);
    return this.injectWish({ kind: "kill", target: this.target(args.target), signal: flags.signal ?? "KILL" }, flags);
  }
}

function parseSignal(text: string): Signal | undefined {
  return signals.find((signal) => signal === text.toUpperCase().replace(/^SIG/, ""));
}
