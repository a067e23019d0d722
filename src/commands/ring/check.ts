import { durationFlag } from "../../cli/flags.js";
import { renderReplicas } from "../../cli/render-replicas.js";
import { BaseRingCommand, ringFlags } from "../../cli/ring-command.js";
import { theCluster } from "../../cli/the-cluster.js";
import { checkReplicas } from "../../cluster/ring/check-replicas.js";
import type { Replicas } from "../../cluster/ring/replicas.js";
import { ExitCode } from "../../core/errors.js";

const exitCodes = { equal: ExitCode.ok, different: ExitCode.expectationFailed, unknown: ExitCode.unknown } as const;

export default class RingCheck extends BaseRingCommand {
  static override summary = "Tell whether all owners of all keys of a leaderless store hold the same, byte by byte.";
  static override description =
    "Compares the roots of the owners' Merkle trees; no key is read, nothing is repaired. Exit code 0: all are equal and no hint waits; 1: they are not; 2: an owner does not answer. What clients write meanwhile may be on its way.";
  static override examples = ["<%= config.bin %> ring check", "<%= config.bin %> ring check --wait 30s"];
  static override flags = {
    ...ringFlags,
    wait: durationFlag({ description: "Ask again until all are equal, for so long at most." }),
  };

  async run(): Promise<Replicas> {
    const { flags } = await this.parse(RingCheck);
    const found = await theCluster(this.world, flags.cluster);
    const { wait: waitMs = 0, service } = flags;
    const replicas = await checkReplicas(this.world.engine, found, { service, waitMs, signal: this.signal });
    this.log(renderReplicas(replicas, this.terminal.chalk));
    process.exitCode = exitCodes[replicas.verdict];
    return replicas;
  }
}
