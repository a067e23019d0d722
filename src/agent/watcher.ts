/** Follows the engine's events for ever, and notices when the engine is lost for good. */
import type { Clock } from "./clock.js";
import { type NodeEngine, isRefusal } from "./engine.js";

export interface WatchCallbacks {
  /** Connected: no start after this is missed, but some before may have been. */
  readonly onOpen: () => void;
  readonly onStart: (node: string) => void;
  /** The engine has refused connections for so long that only a new mount of its socket can help. */
  readonly onLost: () => void;
}

const reconnectAfterMs = 500;

/** How long the engine may refuse connections: longer than a restart that keeps the socket, shorter than anybody's patience. */
export const lostAfterMs = 5000;

/** Ends with the function returned, or after `onLost`. */
export function watchEngine(engine: NodeEngine, clock: Clock, { onOpen, onStart, onLost }: WatchCallbacks): () => void {
  /** On the monotonic clock; undefined while the engine does not refuse connections. */
  let refusedSinceMs: number | undefined;
  let stopped = false;

  function isLost(error: unknown): boolean {
    const nowMs = clock.monotonicMs();
    refusedSinceMs = isRefusal(error) ? (refusedSinceMs ?? nowMs) : undefined;
    return refusedSinceMs !== undefined && nowMs - refusedSinceMs >= lostAfterMs;
  }

  function watch(): void {
    if (stopped) return;
    const opened = (): void => {
      refusedSinceMs = undefined;
      onOpen();
    };
    const again = (): void => void clock.after(reconnectAfterMs, watch);
    const failed = (error: unknown): void => (isLost(error) ? onLost() : again());
    // what else is wrong with the engine is said by the sweep that follows
    engine.watch(opened, onStart).then(again, failed);
  }

  watch();
  return () => {
    stopped = true;
  };
}
