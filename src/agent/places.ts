/**
 * The network namespaces of nodes, held open from the first fault on for as long as the node runs: rules can be cleaned while the engine is
 * away, and the next fault need not look for them.
 */
import type { Peer } from "../chaos/desired-state.js";
import type { ControlGroups } from "./control-groups.js";
import type { NodeContainer, NodeEngine } from "./engine.js";
import type { NetworkNamespace, OpenNamespace } from "./netns.js";

export interface Place {
  readonly container: NodeContainer;
  /** The other nodes as they were when it was entered last. */
  readonly peers: readonly Peer[];
  /** Container and process: a restarted container has a new namespace, clean and empty. */
  readonly process: string;
  readonly namespace: NetworkNamespace;
}

export interface PlaceParts {
  readonly engine: NodeEngine;
  readonly openNamespace: OpenNamespace;
  readonly groups: ControlGroups;
}

export interface Places {
  /** Opens the node's namespace, or finds it open; undefined where the process is gone. */
  enter(container: NodeContainer, peers: readonly Peer[]): Promise<Place | undefined>;
  /** The place as it was entered last, if nobody has left it. */
  held(node: string): Place | undefined;
  leave(node: string): Promise<void>;
}

/** The network namespace of this process of this container; undefined where it has ended. */
export async function openOwn(
  { engine, openNamespace, groups }: PlaceParts,
  id: string,
  pid: number | undefined,
): Promise<NetworkNamespace | undefined> {
  const namespace = pid === undefined ? undefined : await openNamespace(pid);
  if (namespace === undefined || pid === undefined) return undefined;
  let sure = false;
  try {
    // a number of a process may be given to another one at any time; asked with the namespace open, it cannot be a stranger's
    sure = (await groups.membershipOf(pid))?.includes(id) === true || (await engine.pidOf(id)) === pid;
  } finally {
    if (!sure) await namespace.close();
  }
  return sure ? namespace : undefined;
}

export function createPlaces(parts: PlaceParts): Places {
  const { engine } = parts;
  const places = new Map<string, Place>();

  async function leave(node: string): Promise<void> {
    const place = places.get(node);
    places.delete(node);
    await place?.namespace.close();
  }

  return {
    async enter(container, peers) {
      const { node, id } = container;
      const before = places.get(node);
      if (before !== undefined && isSameRun(before.container, container)) {
        const place = { ...before, container, peers };
        places.set(node, place);
        return place;
      }
      const pid = await engine.pidOf(id);
      const process = `${id} ${pid}`;
      const namespace = before?.process === process ? before.namespace : await openOwn(parts, id, pid);
      if (namespace !== before?.namespace) await leave(node);
      if (namespace === undefined) return undefined;
      const place = { container, peers, process, namespace };
      places.set(node, place);
      return place;
    },
    held: (node) => places.get(node),
    leave,
  };
}

/** No look at the process is needed where the listing shows that the node has not started since. */
function isSameRun(before: NodeContainer, now: NodeContainer): boolean {
  return before.id === now.id && now.endpoint !== "" && before.endpoint === now.endpoint;
}
