import type { RingCommand } from "../../core/ring-contract.js";
import type { Answer, Request } from "./api.js";
import type { RingOutcome } from "./cluster-view.js";
import type { RepairedEvent } from "./coordinator/read-repair.js";
import type { ExchangedEvent } from "./exchange/anti-entropy.js";
import type { GossipEvent } from "./gossip/gossip.js";
import type { MembershipEvent } from "./handoff/handoff.js";
import type { Message, Outgoing } from "./messages.js";
import type { RefusedEvent } from "./replica.js";
import type { Place } from "./storage.js";
import type { SwimEvent } from "./swim/steps.js";

/** What happens to a node. */
export type Input =
  /** What the clocks show, first in each step. `wallMs` may be wrong. */
  | { readonly type: "clock"; readonly nowMs: number; readonly wallMs: number }
  /** Some ten times a second. */
  | { readonly type: "tick" }
  /** Time for a slice of what was put off (`isBusy`), of a millisecond or two. A tick does one as well. */
  | { readonly type: "work" }
  | { readonly type: "receive"; readonly message: Message }
  /** The transport could not deliver to this member. */
  | { readonly type: "unreachable"; readonly member: string }
  /** All writes of the storage up to this number are. */
  | { readonly type: "durable"; readonly writeNumber: number }
  /** Something that was on the disk at this place is not there any more. */
  | { readonly type: "damaged"; readonly place: Place }
  /** `id` comes back in `answers`. */
  | { readonly type: "ask"; readonly id: number; readonly request: Request }
  /** Who asked this is gone. */
  | { readonly type: "cancel"; readonly id: number }
  /** What an operator asks of the ring. `id` comes back in `outcomes`. */
  | { readonly type: "command"; readonly id: number; readonly command: RingCommand };

export type LeaderlessEvent = SwimEvent | GossipEvent | ExchangedEvent | MembershipEvent | RefusedEvent | RepairedEvent;

export interface Effects {
  readonly send: readonly Outgoing[];
  readonly answers: readonly { readonly id: number; readonly answer: Answer<Request["type"]> }[];
  readonly outcomes: readonly { readonly id: number; readonly outcome: RingOutcome }[];
  readonly events: readonly LeaderlessEvent[];
  /** There is work that was put off, for others to come first: the input `work` does some of it. */
  readonly isBusy: boolean;
}
