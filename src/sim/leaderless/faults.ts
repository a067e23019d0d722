/**
 * The menu: everything that may go wrong in a run of the leaderless store. What bad luck is likely is a matter of weights (scenario.ts); the menu is the same for
 * every run.
 */
import type { Prng } from "../../core/prng.js";
import type { End } from "../nemesis.js";
import type { Troubled } from "../network.js";
import type { SimNode } from "./node.js";

/** What a fault can get at. */
export interface Arena {
  readonly prng: Prng;
  readonly network: Troubled<string>;
  readonly nodes: ReadonlyMap<string, SimNode>;
  /** Takes a node that is down its disk. */
  readonly wipe: (victim: SimNode) => void;
  readonly rot: (victim: SimNode) => void;
}

type Fault = (arena: Arena) => End;

function pickNode({ prng, nodes }: Arena): SimNode {
  return prng.pick([...nodes.values()].filter(({ wasStarted, hasLeft }) => wasStarted && !hasLeft));
}

function crash(victims: readonly SimNode[]): End {
  const crashed = victims.filter((node) => node.isUp);
  for (const node of crashed) node.crash();
  return () => {
    for (const node of crashed) if (!node.isUp) node.start();
  };
}

const noEnd: End = () => undefined;

export const faults = {
  /** Two sides that do not hear each other. */
  split: ({ prng, network, nodes }) => {
    const names = prng.shuffle([...nodes.keys()]);
    const side = new Set(names.slice(0, prng.int(1, names.length - 1)));
    return network.cut((from, to) => side.has(from) !== side.has(to));
  },
  isolate: (arena) => {
    const { name } = pickNode(arena);
    return arena.network.cut((from, to) => from === name || to === name);
  },
  /** One node that is heard and does not hear, or the other way round. */
  oneWay: (arena) => {
    const { name } = pickNode(arena);
    const isDeaf = arena.prng.chance(0.5);
    return arena.network.cut((from, to) => (isDeaf ? to : from) === name);
  },
  /** Some pairs cannot talk, in some directions: bridges, rings, anything. */
  tatters: ({ prng, network, nodes }) => {
    const names = [...nodes.keys()];
    const gone = new Set(names.flatMap((from) => names.map((to) => `${from} ${to}`)).filter(() => prng.chance(0.3)));
    return network.cut((from, to) => gone.has(`${from} ${to}`));
  },
  /** All that goes to or from one node arrives or does not, by chance. */
  flaky: (arena) => {
    const { prng } = arena;
    const { name } = pickNode(arena);
    const lossProbability = 0.2 + 0.7 * prng.next();
    return arena.network.cut((from, to) => (from === name || to === name) && prng.chance(lossProbability));
  },
  loss: ({ prng, network }) => {
    const lossProbability = 0.05 + 0.4 * prng.next();
    return network.change((usual) => ({ ...usual, lossProbability }));
  },
  /** Slow, doubled and overtaken messages. */
  disorder: ({ prng, network }) => {
    const maxMs = 5 + 300 * prng.next();
    const straggler = { probability: 0.1, delayMsMax: 4000 };
    return network.change((usual) => ({ ...usual, delayMs: [0.1, maxMs], duplicateProbability: 0.2, straggler }));
  },
  crashNode: (arena) => crash([pickNode(arena)]),
  /** One power cut for several. */
  crashSome: ({ prng, nodes }) => {
    const victims = prng.shuffle([...nodes.values()]);
    return crash(victims.slice(0, prng.int(2, victims.length)));
  },
  pauseNode: (arena) => {
    const node = pickNode(arena);
    if (!node.isUp || node.isPaused) return noEnd;
    node.pause();
    return () => node.resume();
  },
  slowDisk: (arena) => pickNode(arena).disk.slow([20, 20 + 1000 * arena.prng.next()]),
  /** A node loses its disk, and comes back as the same member. */
  wipe: (arena) => {
    const node = pickNode(arena);
    const end = crash([node]);
    arena.wipe(node);
    return end;
  },
  /** A copy on some disk is found to be none any more. */
  rot: (arena) => {
    arena.rot(pickNode(arena));
    return noEnd;
  },
  /** A wall clock is set to another time, and maybe back. */
  clockJump: (arena) => {
    const node = pickNode(arena);
    const byMs = (arena.prng.chance(0.5) ? 1 : -1) * arena.prng.pick([100, 5000, 3_600_000]) * arena.prng.next();
    node.wallSkewMs += byMs;
    const goesBack = arena.prng.chance(0.5);
    return () => {
      if (goesBack) node.wallSkewMs -= byMs;
    };
  },
} as const satisfies Record<string, Fault>;

export type FaultName = keyof typeof faults;
