import type { Volumes } from "../port.js";
import type { Calls } from "./calls.js";

export function createVolumes({ call, wish }: Calls): Volumes {
  return {
    listVolumes: (filters) =>
      call("list volumes", async (docker) =>
        ((await docker.listVolumes({ filters: JSON.stringify({ label: filters }) })).Volumes ?? [])
          .map((one) => ({ name: one.Name, labels: one.Labels ?? {} }))
          .toSorted((a, b) => (a.name < b.name ? -1 : 1)),
      ),
    removeVolume: (name) => wish(`remove the volume ${name}`, (docker) => docker.getVolume(name).remove()),
  };
}
