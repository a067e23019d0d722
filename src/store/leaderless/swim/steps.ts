import type { Liveness, SwimMessage } from "./messages.js";

/** What happens to the failure detector. */
export type SwimInput =
  | { readonly type: "tick" }
  | { readonly type: "receive"; readonly message: SwimMessage }
  /** Who is in the ring now. At the start this node is alone. */
  | { readonly type: "members"; readonly members: readonly string[] }
  /** A request to this member was refused by its machine, or not answered in time. */
  | { readonly type: "requestFailed"; readonly member: string }
  | { readonly type: "requestSucceeded"; readonly member: string };

export type SwimEvent =
  | {
      readonly type: "liveness";
      readonly member: string;
      readonly liveness: Liveness;
      readonly incarnation: number;
      readonly by: string;
    }
  /** This node was told to be suspect or dead, and says that it is not. */
  | { readonly type: "refuted"; readonly liveness: Liveness; readonly by: string; readonly incarnation: number }
  | { readonly type: "reachability"; readonly member: string; readonly isReachable: boolean };

export interface SwimEffects {
  readonly send: readonly SwimMessage[];
  readonly events: readonly SwimEvent[];
}
