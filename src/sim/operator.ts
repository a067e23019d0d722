import type { ConfChange, ConfState, MemberId } from "../store/raft/types.js";
import { findLeader } from "./faults.js";
import type { SimNode } from "./node.js";
import type { Timeline } from "./timeline.js";
import type { Trace } from "./trace.js";

/** What whoever runs the cluster wants next: one step, or several at once, which takes a joint configuration. */
export type Aim = ConfChange["changes"];

const lookEveryMs = 60;
const noContext = new Uint8Array(0);

/** Works through `aims` in order: looks at the leader's configuration, and asks again until what is wanted is so. */
export function operate(timeline: Timeline, trace: Trace, nodes: ReadonlyMap<MemberId, SimNode>, aims: readonly Aim[]): void {
  const [aim, ...later] = aims;
  if (aim === undefined) return;
  const asked = new Set<MemberId>();
  const look = (): void => {
    const leader = findLeader(nodes);
    const conf = leader?.status()?.conf;
    if (conf !== undefined && isReached(conf, aim)) {
      trace.note(() => `operator: done ${JSON.stringify(aim)}`);
      return operate(timeline, trace, nodes, later);
    }
    for (const { kind, member } of aim) {
      // whoever is to join is started once, before anyone hears of it
      if (kind !== "remove" && !asked.has(member) && nodes.get(member)?.isUp === false) nodes.get(member)?.start();
      asked.add(member);
    }
    leader?.changeConf({ changes: aim, context: noContext });
    timeline.after(lookEveryMs, look);
  };
  timeline.after(lookEveryMs, look);
}

function isReached({ voters, votersOutgoing, learners }: ConfState, aim: Aim): boolean {
  return (
    votersOutgoing.length === 0 &&
    aim.every(({ kind, member }) => {
      switch (kind) {
        case "addVoter":
          return voters.includes(member);
        case "addLearner":
          return learners.includes(member);
        case "remove":
          return !voters.includes(member) && !learners.includes(member);
      }
    })
  );
}
