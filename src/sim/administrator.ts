import type { MemberChange } from "../store/ask.js";
import { unreachable } from "../core/invariant.js";
import type { MemberId } from "../store/raft/types.js";
import { findLeader } from "./faults.js";
import type { SimNode } from "./node.js";
import type { Timeline } from "./timeline.js";
import type { Trace } from "./trace.js";

export interface AdministratorOptions {
  readonly timeline: Timeline;
  readonly trace: Trace;
  readonly nodes: ReadonlyMap<MemberId, SimNode>;
  /** A change has been made. */
  readonly made: (change: MemberChange) => void;
}

const lookEveryMs = 60;

/** Has `changes` made one after the other by the rules of the API: asks one node after the other until what is wanted is so. */
export function administer(options: AdministratorOptions, changes: readonly MemberChange[]): void {
  const [change, ...later] = changes;
  if (change === undefined) return;
  const { timeline, trace, nodes, made } = options;
  let asked = 0;
  const look = (): void => {
    const leader = findLeader(nodes);
    if (leader !== undefined && isMade(leader, change)) {
      trace.note(() => `administrator: done ${JSON.stringify(change)}`);
      made(change);
      return administer(options, later);
    }
    // whoever is to join is started once, before anyone hears of it
    const newest = nodes.get(Math.max(...nodes.keys()));
    if (change.kind === "add" && asked === 0 && newest?.isUp === false) newest.start();
    const all = [...nodes.values()];
    all[asked++ % all.length]?.changeMembers(change, (told) => trace.note(() => `administrator hears ${JSON.stringify(told)}`));
    timeline.after(lookEveryMs, look);
  };
  timeline.after(lookEveryMs, look);
}

function isMade(leader: SimNode, change: MemberChange): boolean {
  const conf = leader.status()?.conf;
  const members = leader.machine?.members.members;
  if (conf === undefined || members === undefined) return false;
  switch (change.kind) {
    case "add":
      return [...members.values()].some(({ name }) => name === change.name);
    case "update":
      return members.get(change.member)?.host === change.host;
    case "promote":
      return conf.voters.includes(change.member);
    case "remove":
    case "rejoin":
      return !members.has(change.member);
    default:
      return unreachable(change);
  }
}
