import { messageOf } from "../core/errors.js";
import type { Containers, Networks, Volumes } from "../engine/port.js";

/** Remembers what one `up` made, to unmake exactly that. */
export interface Rollback {
  container(id: string): void;
  network(id: string): void;
  volume(name: string): void;
  /** Gives what could not be removed, as sentences. */
  run(): Promise<readonly string[]>;
}

export function createRollback(
  engine: Pick<Containers & Networks & Volumes, "removeContainer" | "removeNetwork" | "removeVolume">,
): Rollback {
  const containers: string[] = [];
  const networks: string[] = [];
  const volumes: string[] = [];
  return {
    container: (id) => void containers.push(id),
    network: (id) => void networks.push(id),
    volume: (name) => void volumes.push(name),
    run: async () => {
      // whatever cannot be removed must keep nothing else from being removed
      const gone = await Promise.allSettled(containers.map((id) => engine.removeContainer(id)));
      const rest = await Promise.allSettled([
        ...networks.map((id) => engine.removeNetwork(id)),
        ...volumes.map((name) => engine.removeVolume(name)),
      ]);
      return [...gone, ...rest].flatMap((result) => (result.status === "rejected" ? [messageOf(result.reason)] : []));
    },
  };
}
