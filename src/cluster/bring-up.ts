import type { Engine } from "../engine/port.js";
import { buildNodeImage, planImage } from "../image/node-image.js";
import type { ClusterSpec } from "../spec/cluster-spec.js";
import { withFilledHooks } from "../spec/templates.js";
import { completedNodes } from "./completion.js";
import { agentHash, nodeHash, shipperHash } from "./container-specs.js";
import type { Identity } from "./container-specs.js";
import { assertOwner } from "./find.js";
import { keptDownBy } from "./kept-down.js";
import { type Made, formatMade } from "./made.js";
import { type Observed, observeCluster } from "./observe.js";
import { describePlan, isNothing, lacksQuorum, planUp } from "./plan.js";
import { nodeStatus, saidByAgent } from "./status.js";
import type { NodeStatus } from "./status.js";
import { assertRestorable } from "./restore.js";
import type { SavedState } from "./saved-state.js";
import { jobsIn } from "./start-order.js";
import { maskOfSpec, maskedError, maskedReport } from "./secrecy.js";
import { step } from "./steps.js";
import { certificatesOf } from "./tls/certificates.js";
import { up } from "./up.js";
import type { UpOptions } from "./up.js";
import { configuredMembers } from "./configured-members.js";
import { prepareImages } from "./user-images.js";

type Passed = Pick<UpOptions, "wait" | "timeoutMs" | "keep" | "advice" | "signal" | "report" | "engineSocket">;

export interface BringUpRequest extends Passed {
  readonly spec: ClusterSpec;
  readonly owner: string;
  /** On everything that is made. */
  readonly made?: Made | undefined;
  /** What is there, where a claim has just found it out. */
  readonly observed?: Observed | undefined;
  readonly version: string;
  readonly bundleDir: string;
  /** What a new cluster begins with. */
  readonly restore?: SavedState | undefined;
  /** Only tell what would be done. */
  readonly dryRun: boolean;
}

export interface BringUpResult {
  readonly cluster: string;
  /** What was (or, on a dry run, would be) done; empty when the cluster is as the spec asks. */
  readonly steps: readonly string[];
  readonly nodes: readonly NodeStatus[];
}

/** The whole of `devious up`: look, plan, build the image where it is missing, do. */
export async function bringUp(engine: Engine, asked: BringUpRequest): Promise<BringUpResult> {
  const mask = maskOfSpec(asked.spec);
  const spec = withFilledHooks(asked.spec);
  try {
    return await lookPlanDo(engine, { ...asked, spec, report: maskedReport(asked.report, mask) });
  } catch (error) {
    throw maskedError(error, mask);
  }
}

async function lookPlanDo(engine: Engine, request: BringUpRequest): Promise<BringUpResult> {
  const { spec, owner, made, report, dryRun } = request;
  const [facts, observed] = await Promise.all([engine.facts(), request.observed ?? observeCluster(engine, spec.name)]);
  assertOwner(observed, owner);
  if (request.restore !== undefined) assertRestorable(spec, observed);
  const userImages = await prepareImages(engine, request);
  const [recipe, certificates, inForce, completed] = await Promise.all([
    planImage(facts, request.bundleDir, request.version),
    certificatesOf({ ...request, nowMs: Date.now() }),
    saidByAgent(engine, observed),
    completedNodes(engine, observed),
  ]);
  const madeLabel = made === undefined ? undefined : formatMade(made);
  const shared = { cluster: spec.name, owner, made: madeLabel, seed: spec.seed, jobs: jobsIn(spec.services) };
  const identity: Identity = { ...shared, image: recipe.reference, imageIds: userImages.ids, certificates };
  const keptDown = keptDownBy(inForce?.faults ?? []);
  const { reference } = recipe;
  const hashes = {
    agent: agentHash(reference),
    shipper: shipperHash.bind(undefined, reference),
    node: nodeHash.bind(undefined, identity),
  };
  const plan = planUp(spec, observed, hashes, {
    keptDown: new Set(keptDown.keys()),
    configured: await configuredMembers(engine, observed),
    completed,
    linked: inForce?.links ?? null,
  });
  for (const [node, { id, description }] of keptDown) {
    if (!plan.heldDown.includes(node)) continue;
    report({ type: "note", text: `${node} stays down: ${description} (${id}); \`devious chaos start ${node}\` starts it` });
  }
  const steps = describePlan(plan);
  const nothingToDo = isNothing(plan);
  const imageMissing = (dryRun || !nothingToDo) && !(await engine.hasImage(recipe.reference));
  if (dryRun) {
    const ownImage = imageMissing ? [`build the image ${recipe.reference}`] : [];
    return { cluster: spec.name, steps: [...userImages.steps, ...ownImage, ...steps], nodes: [] };
  }
  if (imageMissing) {
    await step(report, `build the node image (${recipe.base} base)`, () => buildNodeImage(engine, recipe, () => undefined));
  }
  // a cluster whose nodes are as asked and hurt on purpose may have no quorum to wait for
  const mayBeHurt = isNothing({ ...plan, links: { kind: "keep" } }) || lacksQuorum(plan);
  const faults = mayBeHurt ? (inForce?.faults ?? []) : [];
  if (faults.length > 0)
    report({ type: "note", text: `not waiting: ${faults.map(({ description }) => description).join(", ")}` });
  await up(engine, plan, {
    ...request,
    wait: request.wait && faults.length === 0,
    advice: { ...request.advice, machine: facts.unreachedMachine },
    identity,
    observed,
  });
  const { nodes } = await observeCluster(engine, spec.name);
  const done = [...userImages.steps, ...steps];
  return { cluster: spec.name, steps: done, nodes: await Promise.all(nodes.map((node) => nodeStatus(engine, node, false))) };
}
