import { inSlices } from "../../../src/store/slices.js";
import type { MvccStore } from "../../../src/store/mvcc/mvcc-store.js";
import { headersOf } from "../../../src/store/rpc/header.js";
import { OpenStreams } from "../../../src/store/rpc/open-streams.js";
import type { Header, Store } from "../../../src/store/rpc/store.js";
import { usualLimits, WatchHub } from "../../../src/store/watch/hub.js";
import type { WatchLimits } from "../../../src/store/watch/hub.js";

/** How long streams that need a leader outlive the look that finds none here, in ms. */
export const patienceMs = 600;

/** What a node has for streams, over a store that needs no network. */
export interface Streams extends Pick<Store, "streams" | "watch"> {
  readonly hub: WatchHub;
  /** Of the whole member. */
  hasLeader: boolean;
}

export function streamsOf(kv: () => MvccStore, header: () => Header, limits: Partial<WatchLimits> = {}): Streams {
  const made: Streams = {
    hasLeader: true,
    streams: new OpenStreams({ hasLeader: () => made.hasLeader, patienceMs }),
    hub: new WatchHub(
      {
        store: kv,
        header: headersOf({ header }),
        wake: () => void inSlices((hasTime) => (made.hub.catchUp(hasTime) ? undefined : true)),
        random: () => 0.5,
      },
      { ...usualLimits, ...limits },
    ),
    watch: (sink) => made.hub.open(sink),
  };
  return made;
}
