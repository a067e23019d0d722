import { setTimeout as sleep } from "node:timers/promises";
import type { Saying } from "../core/elections.js";
import { label } from "../core/labels.js";
import { type RolesProbe, leads } from "../core/roles.js";
import type { ContainerDetail, Containers, Exec } from "../engine/port.js";
import { requestText } from "./http.js";
import type { NodeContainer } from "./observe.js";

/** What a node of the user's image says of itself. */
export type Role = "leader" | "follower";

const httpAnswerMs = 1000;
/** A process has to begin first, which a busy engine takes its time for. */
const execAnswerMs = 3000;

/** Whether its service's spec says how to ask it. */
export function tellsRole({ labels }: Pick<NodeContainer, "labels">): boolean {
  return labels[label.roles] !== undefined;
}

/** Asks every node of these that can be asked, all at once. */
export async function askRoles(
  engine: Pick<Containers & Exec, "inspectContainer" | "exec">,
  nodes: readonly NodeContainer[],
): Promise<ReadonlyMap<string, Saying>> {
  const asked = nodes.filter(tellsRole).map(async ({ node, id }): Promise<[string, Saying]> => {
    const detail = await engine.inspectContainer(id);
    if (detail?.state === "running") return [node, (await probeRole(engine, detail)) ?? "silent"];
    // the frozen may yet wake up and lead
    return [node, detail?.state === "paused" ? "silent" : "down"];
  });
  return new Map(await Promise.all(asked));
}

/** Asks a running node by its service's `roles` probe; null where there is none, or no answer in time that says it. */
export async function probeRole(engine: Pick<Exec, "exec">, node: ContainerDetail): Promise<Role | null> {
  const asked = node.labels[label.roles];
  if (asked === undefined) return null;
  const probe = JSON.parse(asked) as RolesProbe;
  const said = await (probe.by === "http" ? overHttp(node, probe) : byCommand(engine, node, probe));
  const isLeader = said === null ? null : leads(probe, said);
  return isLeader === null ? null : isLeader ? "leader" : "follower";
}

type ProbeBy<By extends RolesProbe["by"]> = Extract<RolesProbe, { readonly by: By }>;

async function overHttp({ endpoints }: ContainerDetail, { port, path }: ProbeBy<"http">): Promise<string | null> {
  const endpoint = endpoints.get(port);
  if (endpoint === undefined) return null;
  const answer = await requestText(endpoint, "GET", path, undefined, httpAnswerMs).catch(() => undefined);
  return answer !== undefined && answer.status >= 200 && answer.status < 300 ? answer.text : null;
}

/** A command that takes too long is left to itself: the engine cannot end one. */
async function byCommand(
  engine: Pick<Exec, "exec">,
  { id }: ContainerDetail,
  { command }: ProbeBy<"exec">,
): Promise<string | null> {
  const stdout: Uint8Array[] = [];
  const done = engine
    .exec(
      id,
      command,
      (chunk) => void stdout.push(chunk),
      () => undefined,
    )
    .then(
      ({ exitCode }) => (exitCode === 0 ? Buffer.concat(stdout).toString("utf8") : null),
      () => null,
    );
  const timer = new AbortController();
  const late = sleep(execAnswerMs, null, { signal: timer.signal }).catch(() => null);
  return Promise.race([done, late]).finally(() => timer.abort());
}
