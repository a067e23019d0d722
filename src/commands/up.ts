import { randomBytes } from "node:crypto";
import path from "node:path";
import { Args, Flags } from "@oclif/core";
import type { ChalkInstance } from "chalk";
import { BaseCommand } from "../cli/base-command.js";
import { isolated } from "../ci/isolated.js";
import { durationFlag, isolatedFlag } from "../cli/flags.js";
import { loadSpec } from "../cli/spec-file.js";
import { renderTls, renderUnsafe } from "../cli/render-status.js";
import { formatTable } from "../cli/table.js";
import { bringUp } from "../cluster/bring-up.js";
import type { BringUpResult } from "../cluster/bring-up.js";
import { claimFromRuns } from "../cluster/claim.js";
import { defaultPatienceMs } from "../cluster/default-patience.js";
import { madeHere } from "../cluster/made.js";
import { openSavedState } from "../cluster/saved-state.js";
import { withOverrides } from "../spec/overrides.js";

export default class Up extends BaseCommand {
  static override summary = "Boot a cluster, or bring a running one to what its spec asks for.";
  static override description =
    "Without a spec: three raft nodes named after the folder. The same spec again does nothing; a changed one remakes only what changed, volumes kept.";
  static override examples = [
    "<%= config.bin %> up",
    "<%= config.bin %> up examples/first-cluster --nodes 5",
    "<%= config.bin %> up --dry-run",
    "<%= config.bin %> up --restore state.db",
    "<%= config.bin %> up --timeout 30s --json",
    "<%= config.bin %> up --isolated",
  ];
  static override args = { spec: Args.string({ description: "Spec file, or a folder with a devious.yaml." }) };
  static override flags = {
    name: Flags.string({ description: "Cluster name, instead of the spec's.", helpValue: "<name>" }),
    nodes: Flags.integer({ description: "Number of nodes of a spec with one service.", helpValue: "<n>" }),
    isolated: isolatedFlag,
    wait: Flags.boolean({ description: "Wait until every node is ready.", default: true, allowNo: true }),
    timeout: durationFlag({ description: "How long to wait. Default: 1m, or longer where the spec's `ready` says so." }),
    keep: Flags.boolean({ description: "When it fails, leave what was made, for a closer look." }),
    restore: Flags.string({
      description: "Begin a new cluster with the state in this file, which `etcdctl snapshot save` made.",
      helpValue: "<file>",
    }),
    "dry-run": Flags.boolean({ description: "Print what would be done and do nothing." }),
  };

  async run(): Promise<BringUpResult> {
    const { args, flags } = await this.parse(Up);
    const { signal, report, world } = this;
    const { engine, engineSocket, folder, environment, version, bundleDir, processes } = world;
    const { spec: given, owner } = await loadSpec(args.spec, folder, environment);
    const named = withOverrides(given, flags);
    const spec = flags.isolated ? isolated(named, randomBytes(6)) : named;
    const restore = flags.restore === undefined ? undefined : await openSavedState(path.resolve(folder, flags.restore));
    const claim = { name: spec.name, owner, here: processes, version, signal, report };
    const observed = flags["dry-run"] ? undefined : await claimFromRuns(engine, claim);
    const result = await bringUp(engine, {
      spec,
      owner,
      observed,
      made: madeHere(processes, { lasts: "down", base: flags.isolated ? named.name : null }, new Date()),
      engineSocket,
      version,
      bundleDir,
      wait: flags.wait,
      timeoutMs: flags.timeout ?? defaultPatienceMs(spec),
      keep: flags.keep,
      advice: { timeout: "--timeout", keep: flags.keep ? null : "--keep" },
      dryRun: flags["dry-run"],
      restore,
      signal,
      report,
    });
    this.log(flags["dry-run"] ? planText(result) : resultText(result, this.terminal.chalk));
    return result;
  }
}

function planText({ cluster, steps }: BringUpResult): string {
  return steps.length === 0 ? `${cluster}: nothing to do` : steps.join("\n");
}

function resultText({ cluster, steps, nodes }: BringUpResult, chalk: ChalkInstance): string {
  const rows = nodes.map(({ node, role, health, address }) => [`  ${node}`, role ?? health, address ?? ""]);
  const head = `${cluster} is ${steps.length === 0 ? "as its spec asks: nothing to do" : "up"}`;
  return [head, formatTable(rows), ...renderTls(nodes), ...renderUnsafe(nodes, chalk)].join("\n");
}
