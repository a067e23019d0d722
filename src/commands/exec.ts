import { Args } from "@oclif/core";
import { BaseCommand } from "../cli/base-command.js";
import { splitAtDashes } from "../cli/dashes.js";
import { clusterFlag } from "../cli/flags.js";
import { theCluster } from "../cli/the-cluster.js";
import { findNode } from "../cluster/find.js";
import { DeviousError } from "../core/errors.js";

export default class Exec extends BaseCommand {
  static override summary = "Run a command inside a node's container; its exit code is this one's.";
  static override examples = [
    "<%= config.bin %> exec n1 -- ip addr",
    "<%= config.bin %> exec n2 -- node -p 'process.memoryUsage()'",
  ];
  static override args = { node: Args.string({ description: "Name of the node.", required: true }) };
  static override flags = { cluster: clusterFlag };
  // everything after -- is the node's business
  static override strict = false;

  async run(): Promise<{ readonly exitCode: number; readonly stdout: string; readonly stderr: string }> {
    const [typed, words] = splitAtDashes(this.argv);
    const { args, argv, flags } = await this.parse(Exec, [...typed]);
    const command = [...argv.slice(1).map(String), ...words];
    if (command.length === 0) {
      throw new DeviousError("USAGE", "There is no command to run", {
        hint: `Write it after --: devious exec ${args.node} -- ip addr`,
      });
    }
    const node = findNode(await theCluster(this.world, flags.cluster), args.node);
    const stdout: Uint8Array[] = [];
    const stderr: Uint8Array[] = [];
    const collect = this.jsonEnabled();
    const { exitCode } = await this.world.engine.exec(
      node.id,
      command,
      (chunk) => void (collect ? stdout.push(chunk) : process.stdout.write(chunk)),
      (chunk) => void (collect ? stderr.push(chunk) : process.stderr.write(chunk)),
    );
    process.exitCode = exitCode;
    return { exitCode, stdout: Buffer.concat(stdout).toString("utf8"), stderr: Buffer.concat(stderr).toString("utf8") };
  }
}
