import type { ConfChange, ConfState, MemberId } from "../store/raft/types.js";
import { findLeader } from "./faults.js";
import type { SimNode } from "./node.js";
import type { Timeline } from "./timeline.js";
import type { Trace } from "./trace.js";

/** One aim of whoever runs the cluster. */
export type Aim = ConfChange["changes"][number];

const lookEveryMs = 60;
const noContext = new Uint8Array(0);

/** Works through `aims` in order: looks at the leader's configuration, and asks again until what is wanted is so. */
export function operate(timeline: Timeline, trace: Trace, nodes: ReadonlyMap<MemberId, SimNode>, aims: readonly Aim[]): void {
  const [aim, ...later] = aims;
  if (aim === undefined) return;
  timeline.after(lookEveryMs, () => {
    const leader = findLeader(nodes);
    const conf = leader?.status()?.conf;
    if (leader === undefined || conf === undefined) return operate(timeline, trace, nodes, aims);
    if (isReached(conf, aim)) {
      trace.note(() => `operator: ${aim.kind} ${aim.member} is done`);
      return operate(timeline, trace, nodes, later);
    }
    if (aim.kind === "addLearner" && nodes.get(aim.member)?.isUp === false) nodes.get(aim.member)?.start();
    leader.changeConf(0, { changes: [aim], context: noContext });
    operate(timeline, trace, nodes, aims);
  });
}

function isReached({ voters, votersOutgoing, learners }: ConfState, { kind, member }: Aim): boolean {
  if (votersOutgoing.length > 0) return false;
  switch (kind) {
    case "addVoter":
      return voters.includes(member);
    case "addLearner":
      return learners.includes(member) || voters.includes(member);
    case "remove":
      return !voters.includes(member) && !learners.includes(member);
  }
}
