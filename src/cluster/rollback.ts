import type { Containers, Networks, Volumes } from "../engine/port.js";

/** Remembers what one `up` made, to unmake exactly that. */
export interface Rollback {
  container(id: string): void;
  network(id: string): void;
  volume(name: string): void;
  run(): Promise<void>;
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
      await Promise.all(containers.map((id) => engine.removeContainer(id)));
      await Promise.all([...networks.map((id) => engine.removeNetwork(id)), ...volumes.map((name) => engine.removeVolume(name))]);
    },
  };
}
