/**
 * The menu: everything that may go wrong in a run. What bad luck is likely is a matter of weights (scenario.ts); the menu is the same for every run.
 */
import type { Prng } from "../core/prng.js";
import { none, type MemberId } from "../store/raft/types.js";
import type { End } from "./nemesis.js";
import type { Troubled } from "./network.js";
import type { SimNode } from "./node.js";

/** What a fault can get at. */
export interface Arena {
  readonly prng: Prng;
  readonly network: Troubled<MemberId>;
  readonly nodes: ReadonlyMap<MemberId, SimNode>;
  /** Takes a node its disk, unless another one is still without. */
  readonly wipe: (victim: SimNode) => boolean;
}

type Fault = (arena: Arena) => End;

/** The running node that leads in the highest term. */
export function findLeader(nodes: ReadonlyMap<MemberId, SimNode>): SimNode | undefined {
  let leader: SimNode | undefined;
  let leaderTerm = 0;
  for (const node of nodes.values()) {
    const status = node.status();
    if (status?.role === "leader" && status.term > leaderTerm) [leader, leaderTerm] = [node, status.term];
  }
  return leader;
}

function pickNode({ prng, nodes }: Arena): SimNode {
  return prng.pick([...nodes.values()]);
}

/** The leader where there is one: faults hurt most there. */
function pickLeader(arena: Arena): SimNode {
  return findLeader(arena.nodes) ?? pickNode(arena);
}

function crash(victims: readonly SimNode[]): End {
  const crashed = victims.filter((node) => node.isUp);
  for (const node of crashed) node.crash();
  return () => {
    for (const node of crashed) if (!node.isUp) node.start();
  };
}

function pause(node: SimNode, catchesUp: boolean): End {
  if (node.isPaused) return () => undefined;
  node.pause(catchesUp);
  return () => node.resume();
}

export const faults = {
  /** Two sides that do not hear each other. */
  split: ({ prng, network, nodes }) => {
    const ids = prng.shuffle([...nodes.keys()]);
    const side = new Set(ids.slice(0, prng.int(1, ids.length - 1)));
    return network.cut((from, to) => side.has(from) !== side.has(to));
  },
  isolateLeader: (arena) => {
    const { id } = pickLeader(arena);
    return arena.network.cut((from, to) => from === id || to === id);
  },
  /**
   * Whoever leads is heard by one other member only, mostly the one that led before it, and is soon replaced: entries come to be in a few
   * logs each, none of them committed (thesis, figure 3.7).
   */
  leaderReachesOne: ({ prng, network, nodes }) => {
    const ids = [...nodes.keys()];
    let newest = { term: 0, leader: prng.pick(ids), reached: none };
    return network.cut((from, to) => {
      const status = nodes.get(from)?.status();
      if (status?.role !== "leader") return false;
      if (status.term > newest.term) {
        const others = ids.filter((id) => id !== from);
        const reached = newest.leader === from || prng.chance(0.3) ? prng.pick(others) : newest.leader;
        newest = { term: status.term, leader: from, reached };
      }
      return from !== newest.leader || to !== newest.reached;
    });
  },
  /** One node that is heard and does not hear, or the other way round. */
  oneWay: (arena) => {
    const { id } = arena.prng.chance(0.5) ? pickLeader(arena) : pickNode(arena);
    const isDeaf = arena.prng.chance(0.5);
    return arena.network.cut((from, to) => (isDeaf ? to : from) === id);
  },
  /** Some pairs cannot talk, in some directions: bridges, rings, anything. */
  tatters: ({ prng, network, nodes }) => {
    const ids = [...nodes.keys()];
    const gone = new Set(ids.flatMap((from) => ids.map((to) => `${from} ${to}`)).filter(() => prng.chance(0.3)));
    return network.cut((from, to) => gone.has(`${from} ${to}`));
  },
  loss: ({ prng, network }) => {
    const lossProbability = 0.05 + 0.4 * prng.next();
    return network.change((usual) => ({ ...usual, lossProbability }));
  },
  /** Slow, doubled and overtaken messages. */
  disorder: ({ prng, network }) => {
    const maxMs = 5 + 80 * prng.next();
    const straggler = { probability: 0.1, delayMsMax: 400 };
    return network.change((usual) => ({ ...usual, delayMs: [0.1, maxMs], duplicateProbability: 0.2, straggler }));
  },
  crashNode: (arena) => crash([pickNode(arena)]),
  crashLeader: (arena) => crash([pickLeader(arena)]),
  crashAll: ({ nodes }) => crash([...nodes.values()]),
  /** SIGTERM: a leader hands over first. */
  stopLeader: (arena) => {
    const node = pickLeader(arena);
    if (!node.isUp) return () => undefined;
    node.stop();
    return () => {
      node.crash();
      node.start();
    };
  },
  pauseNode: (arena) => pause(pickNode(arena), arena.prng.chance(0.5)),
  pauseLeader: (arena) => pause(pickLeader(arena), arena.prng.chance(0.5)),
  slowDisk: (arena) => {
    const { disk } = arena.prng.chance(0.5) ? pickLeader(arena) : pickNode(arena);
    return disk.slow([20, 20 + 200 * arena.prng.next()]);
  },
  /** A node loses its disk and is back at once. */
  wipe: (arena) => {
    arena.wipe(arena.prng.chance(0.3) ? pickLeader(arena) : pickNode(arena));
    return () => undefined;
  },
  /** No harm in itself: the leader is told to hand over. */
  transfer: (arena) => {
    pickLeader(arena).input({ type: "transferLeader", member: pickNode(arena).id });
    return () => undefined;
  },
  /** No harm either: somebody is told that its leader's process is gone, which it is not. */
  leaderGoneTold: (arena) => {
    const node = pickNode(arena);
    node.input({ type: "leaderGone", member: node.status()?.leader ?? none });
    return () => undefined;
  },
} as const satisfies Record<string, Fault>;

export type FaultName = keyof typeof faults;
