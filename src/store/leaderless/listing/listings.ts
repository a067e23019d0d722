import type { Bucket } from "../api.js";
import { failed, noSuchType, type OnAnswer } from "../coordinator/answers.js";
import type { Surroundings } from "../coordinator/surroundings.js";
import type { IndexedStorage } from "./indexed-storage.js";
import { ListAnswers } from "./list-answers.js";
import { Listing, type Stream } from "./listing.js";
import type { ListAnswer, ListAsk } from "./messages.js";
import { queryOf, type ListRequest } from "./queries.js";

export interface ListingsOptions {
  readonly around: Surroundings;
  readonly storage: IndexedStorage;
  readonly partitions: () => number;
  /** All N that keys of the bucket may have, or of the cluster. */
  readonly nVals: (bucket: Bucket | undefined) => readonly number[];
  /** Of a home partition. */
  readonly owners: (partition: number, n: number) => readonly string[];
  readonly isReachable: (member: string) => boolean;
}

interface Asked {
  readonly listing: Listing;
  readonly stream: Stream;
  readonly ask: ListAsk;
}

/** At a time: each keeps a page of every node that it reads. */
const listingsMax = 256;

/** Questions that are answered with what many nodes have (keys, buckets, indexes): those of this node's clients, and this node's part in all others. */
export class Listings {
  readonly #options: ListingsOptions;
  readonly #answers: ListAnswers;
  /** By the number of the question. */
  readonly #listings = new Map<number, Listing>();
  readonly #asked = new Map<number, Asked>();

  constructor(options: ListingsOptions) {
    const { around, storage, owners } = options;
    this.#options = options;
    this.#answers = new ListAnswers({
      storage,
      nowMs: around.nowMs,
      isOwner: (place) => owners(place.partition, place.n).includes(around.self) && around.isAlone(place),
    });
  }

  /** Whether there is something for {@link work} to do. */
  get isBusy(): boolean {
    return this.#answers.isBusy;
  }

  /** A slice of what there is to do, of a millisecond or two. */
  work(): void {
    this.#answers.work();
  }

  begin(id: number, request: ListRequest, onAnswer: OnAnswer): void {
    const { around, partitions, owners, isReachable, nVals } = this.#options;
    const { type, bucket } = bucketOf(request);
    const properties = around.propertiesOf({ type, bucket: bucket ?? "" });
    if (properties === undefined) return onAnswer(noSuchType({ type, bucket: bucket ?? "" }));
    const read = queryOf(request);
    if (!read.ok) return onAnswer(failed({ type: "invalid", why: read.why }, true));
    if (this.#listings.size >= listingsMax) return onAnswer(failed({ type: "overload" }, true));
    const listing = new Listing(
      {
        self: around.self,
        nowMs: around.nowMs,
        partitions,
        owners: (partition, n) => owners(partition, n).filter(isReachable),
        ask: (asking, stream, ask) => this.#ask(asking, stream, ask),
      },
      read.query,
      nVals(bucket === undefined ? undefined : { type, bucket }),
      onAnswer,
    );
    if (!listing.isOver) this.#listings.set(id, listing);
  }

  /** Nobody waits for the answers of this question any more. */
  cancel(id: number): void {
    this.#listings.get(id)?.cancel();
    this.#forgetOver();
  }

  /** Another node lists. */
  asked(from: string, request: number, ask: ListAsk): void {
    const { send } = this.#options.around;
    this.#answers.ask(from, request, ask, (answer) => send({ type: "listReply", to: from, request, answer }));
  }

  replied(from: string, request: number, answer: ListAnswer): void {
    const asked = this.#asked.get(request);
    if (asked?.stream.member !== from) return;
    this.#asked.delete(request);
    asked.listing.answered(asked.stream, asked.ask, answer);
    if (asked.listing.isOver) this.#forgetOver();
  }

  /** Nothing that was asked of this member will be answered. */
  lost(member: string): void {
    for (const [request, { stream }] of this.#asked) if (stream.member === member) this.#asked.delete(request);
    for (const listing of this.#listings.values()) listing.lost(member);
    this.#forgetOver();
  }

  /** Time has passed. */
  tick(): void {
    for (const listing of this.#listings.values()) listing.tick();
    this.#forgetOver();
    for (const [request, { listing, stream, ask }] of this.#asked) {
      if (listing.isOver || stream.asked !== ask) this.#asked.delete(request);
    }
    this.#answers.tick();
    this.#answers.work();
  }

  #ask(listing: Listing, stream: Stream, ask: ListAsk): void {
    const { self, send, newRequest } = this.#options.around;
    const [before] = [...this.#asked].find(([, asked]) => asked.ask === ask) ?? [];
    const request = before ?? newRequest();
    if (stream.member === self) {
      this.#answers.ask(self, request, ask, (answer) => listing.answered(stream, ask, answer));
      return;
    }
    this.#asked.set(request, { listing, stream, ask });
    send({ type: "list", to: stream.member, request, ask });
  }

  #forgetOver(): void {
    for (const [id, listing] of this.#listings) if (listing.isOver) this.#listings.delete(id);
  }
}

function bucketOf(request: ListRequest): { readonly type: string; readonly bucket: string | undefined } {
  if (request.type === "listBuckets") return { type: request.bucketType, bucket: undefined };
  return request.type === "listKeys" ? request.bucket : request.query;
}
