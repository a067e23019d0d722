import type { WatchSink, WatchStream } from "../store/watch/watch-stream.js";
import { WatchHub } from "../store/watch/hub.js";
import type { WatchHubPorts } from "../store/watch/hub.js";

/**
 * The planted bug `skipsSnapshots`: a hub that, where a snapshot replaces the state, goes on with what comes after it, as if what the snapshot
 * skipped had been told.
 */
class ForgetfulHub extends WatchHub {
  readonly #streams = new Set<WatchStream>();

  override open(sink: WatchSink): WatchStream {
    const stream = super.open(sink);
    this.#streams.add(stream);
    return stream;
  }

  override restored(): void {
    super.restored();
    for (const stream of this.#streams) {
      const watchers = [...stream.watchers()];
      for (const watcher of watchers) {
        stream.drop(watcher);
        stream.create(watcher.id, { ...watcher.spec, start: 0 });
      }
    }
  }

  override forget(stream: WatchStream): void {
    this.#streams.delete(stream);
    super.forget(stream);
  }
}

const header = { clusterId: 0n, memberId: 0n, raftTerm: 0 };

/** The hub of a node in the box. */
export function createHub(ports: Pick<WatchHubPorts, "store" | "wake" | "random">, skipsSnapshots: boolean): WatchHub {
  return new (skipsSnapshots ? ForgetfulHub : WatchHub)({ ...ports, header: (revision) => ({ ...header, revision }) });
}
