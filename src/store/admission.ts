/**
 * What an empty disk means. A voter that lost its disk must not come back under its number: it has forgotten whom it voted for and what it
 * acknowledged, and could take part in both once more. It cannot tell itself from one that has never run, but the others can.
 *
 * A founder founds only once enough of the other founders said that they hold nothing either. Any log that the cluster ever committed to is
 * on a majority of the founders, so on more than half of them less this one; whoever asks a majority of the others meets one of these.
 * Founders do not get as far at the same moment, so each remembers those who were empty with it, by a text that each process draws anew:
 * they may still found. Everybody else asks the leader for a number of its own.
 */
import type { MemberId } from "./raft/types.js";
import type { Member } from "./replica.js";

/** What a member answers to one whose disk holds nothing. */
export interface Standing {
  /** It holds nothing either, or held nothing when this very process asked it first. */
  readonly isEmpty: boolean;
  /** Its own text, while it holds nothing. */
  readonly empty?: string;
  /** Whoever is a member, as far as it knows: one of them leads. */
  readonly members: readonly Member[];
}

export interface AdmissionState {
  readonly self: MemberId;
  readonly clusterState: "new" | "existing";
  readonly founders: readonly MemberId[];
  /** Who holds nothing either, or does hold a log: what each said last. */
  readonly heard: ReadonlyMap<MemberId, Pick<Standing, "isEmpty">>;
  /** Since the node started. */
  readonly waitedMs: number;
}

/** So long everybody is waited for: whoever is late has to join under another number. */
export const lateAfterMs = 3000;

/** `ask`: the leader knows who this is, or makes it a new member. */
export function decideAdmission({ self, clusterState, founders, heard, waitedMs }: AdmissionState): "wait" | "found" | "ask" {
  if (clusterState === "existing" || [...heard.values()].some(({ isEmpty }) => !isEmpty)) return "ask";
  const others = founders.filter((id) => id !== self);
  const empty = others.filter((id) => heard.has(id)).length;
  if (empty === others.length) return "found";
  return waitedMs >= lateAfterMs && empty * 2 > others.length ? "found" : "wait";
}
