import { encodeCommand } from "./entries/commands.js";
import type { MemberId } from "./raft/types.js";
import type { Replica } from "./replica.js";
import type { Store } from "./rpc/store.js";

export interface PublishingOptions {
  readonly self: MemberId;
  /** Where clients on the cluster's network reach this member. */
  readonly clientUrls: readonly string[];
  /** As applied here by now. */
  readonly replica: () => Pick<Replica, "members">;
  readonly hasLeader: () => boolean;
  readonly write: Store["write"];
}

/**
 * A member tells all others where clients reach it, as etcd's do once they have started: others cannot know, and a member that has never told
 * has never started. It tells again after a start at which that has changed.
 */
export class Publishing {
  readonly #options: PublishingOptions;
  #isUnderWay = false;

  constructor(options: PublishingOptions) {
    this.#options = options;
  }

  /** To be called now and then: tells what is not known yet, and again where nobody heard it. */
  look(): void {
    const { self, clientUrls, replica, hasLeader, write } = this.#options;
    const itself = replica().members.get(self);
    if (this.#isUnderWay || itself === undefined || !hasLeader() || isEqual(itself.clientUrls, clientUrls)) return;
    this.#isUnderWay = true;
    const over = (): void => void (this.#isUnderWay = false);
    // whatever was in the way may pass: it looks again
    write("publish", encodeCommand("publish", { member: BigInt(self), clientUrls })).then(over, over);
  }
}

function isEqual(known: readonly string[] | undefined, wanted: readonly string[]): boolean {
  return known !== undefined && known.length === wanted.length && wanted.every((url, i) => url === known[i]);
}
