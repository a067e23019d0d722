import path from "node:path";
import { Args, Flags } from "@oclif/core";
import { BaseCommand } from "../cli/base-command.js";
import { clusterFlag } from "../cli/flags.js";
import { formatTable } from "../cli/table.js";
import { theCluster } from "../cli/the-cluster.js";
import { collect, type Manifest } from "../cluster/collect/collect.js";
import { openReportFolder } from "../workspace/report-folder.js";

export default class Collect extends BaseCommand {
  static override summary = "Put all that is known of a cluster into one folder, for a bug report or as an artifact of CI.";
  static override description =
    "The merged log and every node's own, what the engine says of each container, status, faults, versions, and how each node's network stands. Secrets in environments, command lines and the spec are masked; logs are as they were said. What cannot be had is told, and in problems.txt. Changes nothing in the cluster.";
  static override examples = [
    "<%= config.bin %> collect artifacts/",
    "<%= config.bin %> collect report --cluster shop",
    "<%= config.bin %> collect artifacts/ --force --json",
  ];
  static override args = { folder: Args.string({ description: "Folder to fill; made where it is missing.", required: true }) };
  static override flags = {
    cluster: clusterFlag,
    force: Flags.boolean({ description: "Also where something is in the folder: write over it." }),
  };

  async run(): Promise<Manifest> {
    const { args, flags } = await this.parse(Collect);
    const { world, signal, report } = this;
    const found = await theCluster(world, flags.cluster);
    const folder = await openReportFolder(path.resolve(world.folder, args.folder), flags.force);
    const manifest = await collect(world, found, folder, { at: new Date(), signal, report });
    this.log(formatTable(manifest.files.map(({ name, bytes }) => [`  ${name}`, `${bytes} bytes`])));
    const { problems } = manifest;
    if (problems.length > 0) {
      const lines = problems.map((problem) => `  ${problem}`).join("\n");
      if (!this.jsonEnabled()) this.logToStderr(`Not all could be had (${path.join(args.folder, "problems.txt")}):\n${lines}`);
    }
    return manifest;
  }
}
