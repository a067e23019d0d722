import { setTimeout as sleep } from "node:timers/promises";
import { DeviousError } from "../../core/errors.js";
import type { RingChange, RingCommand, RingView } from "../../core/ring-contract.js";
import { possibleNodes } from "../../spec/cluster-spec.js";
import type { MembershipOptions } from "../membership.js";
import { nodeVolumeName } from "../names.js";
import { observeCluster } from "../observe.js";
import type { Member } from "../plan.js";
import { createRollback } from "../rollback.js";
import { step } from "../steps.js";
import type { UpEngine } from "../up.js";
import { askRing, commandRing } from "./ring-client.js";

const pollMs = 200;

/**
 * Nodes that join and leave a ring that runs, because the spec has other nodes now: staged and committed as `devious ring` does it, one after another.
 * What an operator has staged meanwhile is not committed along.
 */
export class RingMembership {
  readonly #engine: UpEngine;
  readonly #options: MembershipOptions;

  constructor(engine: UpEngine, options: MembershipOptions) {
    this.#engine = engine;
    this.#options = options;
  }

  /** The node stages its join itself once it has met a member. It is in the ring when it has all that it owns. */
  join(node: string, stale: string | undefined): Promise<void> {
    const { report, service, cluster, keep } = this.#options;
    return step(report, `${node} joins ${service.name}`, async () => {
      await this.#until("the ring is at rest", ({ nextRing }) => nextRing === null);
      if (stale !== undefined) {
        await this.#engine.removeContainer(stale);
        await this.#engine.removeVolume(nodeVolumeName(cluster, node));
      }
      const rollback = createRollback(this.#engine);
      try {
        const members = service.nodes.map((name) => this.#member(name));
        const boot = { node, service, member: this.#member(node).id, members, clusterState: "existing" } as const;
        await this.#options.waitReady(await this.#options.boot(boot, rollback));
      } catch (error) {
        if (!keep) await rollback.run();
        throw error;
      }
      // from here on it is a member, and may have what others have not
      const isIn = ({ nextRing, owners }: RingView): boolean => nextRing === null && owners.includes(node);
      const isStaged = (view: RingView): boolean => isIn(view) || view.staged.some(({ member }) => member === node);
      const view = await this.#until(`${node} has asked to join`, isStaged);
      if (!isIn(view)) await this.#commitOnly(view, [{ kind: "join", member: node }]);
      await this.#until(`${node} has all that it owns`, isIn);
    });
  }

  /**
   * Who runs hands over what it has, first; of who does not, others have copies. All who are to go and do not run go together and before the others: a ring
   * that still had one of them could not come about.
   */
  leave(node: string, containerId: string | undefined): Promise<void> {
    const { report, service, cluster } = this.#options;
    return step(report, `${node} leaves ${service.name}`, async () => {
      const { members } = await this.#until("the ring is at rest", ({ nextRing }) => nextRing === null);
      const { nodes } = await this.#observed();
      const runs = (name: string): boolean => nodes.some((one) => one.node === name && one.state === "running");
      const leaving = members.flatMap(({ name }) => (name === node || !service.nodes.includes(name) ? [name] : []));
      await this.#remove(
        leaving.filter((name) => !runs(name)),
        "force-remove",
      );
      if (leaving.includes(node) && runs(node)) await this.#remove([node], "leave");
      if (containerId !== undefined) await this.#engine.removeContainer(containerId);
      await this.#engine.removeVolume(nodeVolumeName(cluster, node));
    });
  }

  /** Takes these out of the ring, by one plan. */
  async #remove(leaving: readonly string[], kind: "leave" | "force-remove"): Promise<void> {
    if (leaving.length === 0) return;
    const names = leaving.join(", ");
    for (const member of leaving) await this.#command({ command: kind, member }, leaving);
    const isGone = ({ nextRing, members }: RingView): boolean =>
      nextRing === null && members.every(({ name }) => !leaving.includes(name));
    const isStaged = ({ staged }: RingView): boolean => leaving.every((name) => staged.some(({ member }) => member === name));
    const view = await this.#until(`${names} is to leave`, (seen) => isGone(seen) || isStaged(seen), leaving);
    if (!isGone(view))
      await this.#commitOnly(
        view,
        leaving.map((member) => ({ kind, member })),
      );
    await this.#until(`others have all that ${names} had`, isGone, leaving);
  }

  /** Whatever else is staged is an operator's, and none of ours to commit. */
  async #commitOnly(view: RingView, changes: readonly RingChange[]): Promise<void> {
    const isOurs = ({ kind, member }: RingChange): boolean =>
      changes.some((change) => change.kind === kind && change.member === member);
    const others = view.staged.filter((change) => !isOurs(change));
    if (others.length > 0) {
      throw new DeviousError(
        "CLUSTER_NOT_READY",
        `Other changes of the ring wait for a commit: ${others.map(textOf).join(", ")}.`,
        {
          hint: "`devious ring commit` commits them, `devious ring clear` drops them; then `devious up` goes on.",
        },
      );
    }
    if (view.planProblem !== null)
      throw new DeviousError("CLUSTER_NOT_READY", `The ring cannot be planned: ${view.planProblem}.`);
    const except = changes.map(({ member }) => member);
    await this.#command({ command: "commit", ...(view.plan === null ? {} : { plan: view.plan.id }) }, except);
  }

  /** Asks a node that stays. */
  async #command(command: RingCommand, except: readonly string[]): Promise<void> {
    const observed = await this.#observed();
    const nodes = observed.nodes.filter(({ node }) => !except.includes(node));
    await commandRing(this.#engine, { ...observed, nodes }, command, { node: undefined, service: this.#options.service.name });
  }

  /** What the first of the nodes that answer says, once it is so. Throws CLUSTER_NOT_READY with `what` was not so in time. */
  async #until(what: string, isSo: (view: RingView) => boolean, except: readonly string[] = []): Promise<RingView> {
    const { service, endsAtMs, signal } = this.#options;
    for (;;) {
      const observed = await this.#observed();
      const nodes = observed.nodes.filter(({ node }) => !except.includes(node));
      const asked = await askRing(this.#engine, { ...observed, nodes }, service.name);
      const view = asked.flatMap((one) => one.view ?? [])[0];
      if (view !== undefined && isSo(view)) return view;
      if (performance.now() > endsAtMs)
        throw new DeviousError("CLUSTER_NOT_READY", `It did not come about in time that ${what}.`);
      await sleep(pollMs, undefined, { signal });
    }
  }

  #observed() {
    return observeCluster(this.#engine, this.#options.cluster);
  }

  /** The founders have their numbers in the order of their names, and so has everybody else. */
  #member(node: string): Member {
    return { id: possibleNodes(this.#options.service).indexOf(node) + 1, node };
  }
}

function textOf(change: RingChange): string {
  return `${change.kind} ${change.member}${"by" in change ? ` by ${change.by}` : ""}`;
}
