import type { Answer, Request } from "./api.js";
import type { ExchangeAnswer, ExchangeAsk } from "./exchange/messages.js";
import type { GossipMessage } from "./gossip/messages.js";
import type { HoldsAsk } from "./handoff/holdings.js";
import type { ListAnswer, ListAsk } from "./listing/messages.js";
import type { Place } from "./storage.js";
import type { SwimMessage } from "./swim/messages.js";

interface Envelope {
  readonly from: string;
  readonly to: string;
}

/**
 * What a write is told to a replica for: `both` says when it is in memory and when it is on disk, `durable` the latter alone. A replica that has handed over what
 * is written passes it on, and says so of those who have it now; with `kept` it does not: it is said what is on its own disk.
 */
export type Wanted = "nothing" | "durable" | "kept" | "both";

/** What other replicas have of an object: nothing, where `objectHash` is undefined. */
export interface Compared {
  readonly place: Place;
  readonly key: string;
  readonly objectHash: number | undefined;
}

/** Requests that a replica of the object has to coordinate. */
export type Coordinated = Extract<Request, { readonly type: "put" | "updateDataType" }>;

/**
 * What nodes say to each other. `request` is the sender's number for what it asks, which the answer brings back. A replica merges what it is sent
 * with what it has, so a client's write, a repair, a hint that goes home and a partition that moves are all the one message `write`, and it does
 * no harm twice.
 */
export type Message = Envelope &
  (
    | {
        readonly type: "read";
        readonly request: number;
        readonly place: Place;
        readonly key: string;
        readonly wants: "object" | "hash";
      }
    /** `object`: the copy's bytes; undefined: it has none. Also where only the hash is wanted, if it has to be put together. */
    | { readonly type: "readReply"; readonly request: number; readonly object: Uint8Array | undefined }
    /** `objectHash`: of the copy's bytes; undefined: it has none. */
    | { readonly type: "hashReply"; readonly request: number; readonly objectHash: number | undefined }
    /** By one who is no owner any more, or cannot tell what it has handed over. */
    | { readonly type: "readFailed"; readonly request: number }
    | {
        readonly type: "write";
        readonly request: number;
        readonly place: Place;
        readonly key: string;
        readonly object: Uint8Array;
        readonly wanted: Wanted;
      }
    | { readonly type: "writeReply"; readonly request: number; readonly result: "taken" | "durable" | "failed" | "overload" }
    /**
     * `isPassedOn`: by one who was no replica itself, and will not be asked again. `isOffered`: the receiver has said to be there for it. `wallMs`: the
     * clock of the node that the client asked, then.
     */
    | {
        readonly type: "forward";
        readonly request: number;
        readonly asked: Coordinated;
        readonly isPassedOn: boolean;
        readonly isOffered: boolean;
        readonly wallMs: number;
      }
    /** Before a write is passed on: whether the other one is there, so that nobody has to be asked to write it twice. */
    | { readonly type: "offer"; readonly request: number }
    /** False: it has too much to do, or was paused until now. */
    | { readonly type: "ready"; readonly request: number; readonly isReady: boolean }
    | { readonly type: "forwardReply"; readonly request: number; readonly answer: Answer<Request["type"]> }
    /** What others have of objects of which the receiver has a copy: it looks at those that differ. */
    | { readonly type: "compare"; readonly entries: readonly Compared[] }
    /** To remove a deletion that all owners have, where it still is what this hash is of. */
    | { readonly type: "reap"; readonly place: Place; readonly key: string; readonly objectHash: number }
    /** Before copies are removed that others are to have: whether they do. */
    | { readonly type: "holds"; readonly request: number; readonly place: Place; readonly ask: HoldsAsk }
    /** Once all that the answerer holds is on its disk: positions in what it was asked, of which it holds something else. */
    | { readonly type: "held"; readonly request: number; readonly missing: readonly number[] }
    /** Between two owners of the place: what they have of it otherwise. */
    | { readonly type: "exchange"; readonly request: number; readonly place: Place; readonly ask: ExchangeAsk }
    | { readonly type: "exchangeReply"; readonly request: number; readonly answer: ExchangeAnswer }
    /** Of what its owner has of some partitions: keys, buckets, entries of an index. */
    | { readonly type: "list"; readonly request: number; readonly ask: ListAsk }
    | { readonly type: "listReply"; readonly request: number; readonly answer: ListAnswer }
    | { readonly type: "swim"; readonly message: SwimMessage }
    | { readonly type: "gossip"; readonly message: GossipMessage }
  );

/** A message that leaves: who it is from, the connection says, or {@link sentBy}. */
export type Outgoing = Message extends infer M ? (M extends Message ? Omit<M, "from"> : never) : never;

/** As it arrives. A copy costs more than most that is done with a message, so this is for where it does not go through a connection as bytes. */
export function sentBy(from: string, message: Outgoing): Message {
  return { ...message, from };
}
