import path from "node:path";
import { Flags } from "@oclif/core";
import { BaseCommand } from "../cli/base-command.js";
import { clusterFlag } from "../cli/flags.js";
import { theCluster } from "../cli/the-cluster.js";
import { down } from "../cluster/down.js";
import type { DownResult } from "../cluster/down.js";
import { observeAll } from "../cluster/observe.js";
import type { Observed } from "../cluster/observe.js";

export default class Down extends BaseCommand {
  static override summary = "Remove a cluster, in whatever state it is.";
  static override description =
    "What the nodes said is kept first, under .devious/ beside the spec, where `logs --archive LAST` finds it: the last 20 of each cluster. Where the spec has the logs sent on, the rest is sent. Volumes stay, so that the next `up` finds the data, unless --volumes. Removing what is not there is success.";
  static override examples = [
    "<%= config.bin %> down",
    "<%= config.bin %> down --volumes",
    "<%= config.bin %> down --cluster shop",
    "<%= config.bin %> down --all --volumes",
  ];
  static override flags = {
    cluster: clusterFlag,
    archive: Flags.boolean({ description: "Keep the logs.", default: true, allowNo: true }),
    volumes: Flags.boolean({ description: "Delete the volumes and the data in them as well." }),
    all: Flags.boolean({ description: "Every cluster on this engine, whoever's it is.", exclusive: ["cluster"] }),
  };

  async run(): Promise<{ readonly clusters: readonly DownResult[] }> {
    const { flags } = await this.parse(Down);
    const { engine, version } = this.world;
    const found = flags.all ? await observeAll(engine) : await this.#found(flags.cluster);
    const archive = flags.archive ? { version, at: new Date() } : null;
    const options = { volumes: flags.volumes, archive, signal: this.signal, report: this.report };
    const { folder } = this.world;
    const hooksOf = ({ owner }: Observed) => (flags.all && owner !== folder ? "inside" : "all");
    const clusters = await Promise.all(found.map((one) => down(engine, one, { ...options, hooks: hooksOf(one) })));
    this.log(clusters.length === 0 ? "nothing to remove" : clusters.map((one) => resultText(one, folder)).join("\n"));
    return { clusters };
  }

  /** What is gone already is as it was asked to be; only a doubt about which cluster is meant is an error. */
  async #found(name: string | undefined): Promise<readonly Observed[]> {
    const all = await observeAll(this.world.engine);
    if (all.length === 0 || (name !== undefined && !all.some((one) => one.name === name))) return [];
    return [await theCluster(this.world, name, true)];
  }
}

function resultText({ cluster, removed, kept, archive, shipped }: DownResult, folder: string): string {
  const gone = removed.containers.length + removed.networks.length + removed.volumes.length > 0 ? "is down" : "was down already";
  const data = kept.length === 0 ? "" : `; its data stays in ${kept.join(", ")} (--volumes deletes it)`;
  const said = archive === null ? "" : `; what it said is in ${path.relative(folder, archive)}`;
  const sent = shipped === null ? "" : `; sent to ${shipped.otlp}: ${shipped.sent.toLocaleString("en")} of its records`;
  return `${cluster} ${gone}${data}${said}${sent}`;
}
