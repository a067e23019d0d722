import type Dockerode from "dockerode";
import type { Networks } from "../port.js";
import type { Calls } from "./calls.js";
import { statusOf } from "./errors.js";

/** A container that is being removed may hold its endpoint for a moment longer. */
const removeAttempts = 5;

export function createNetworks({ call, wish }: Calls): Networks {
  return {
    createNetwork: (name, labels, subnet) =>
      call(`create the network ${name}`, async (docker) => {
        // CheckDuplicate makes engines before 25 refuse a second network of this name, as later ones always do
        const network = await docker.createNetwork({
          Name: name,
          Driver: "bridge",
          CheckDuplicate: true,
          Labels: { ...labels },
          ...(subnet === undefined ? {} : { IPAM: { Driver: "default", Config: [{ Subnet: subnet }] } }),
        });
        return network.id;
      }),
    listNetworks: (filters) =>
      call("list networks", async (docker) =>
        (await docker.listNetworks({ filters: { label: [...filters] } })).map((one) => ({
          id: one.Id,
          name: one.Name,
          labels: one.Labels ?? {},
        })),
      ),
    removeNetwork: (id) =>
      wish("remove a network", async (docker) => {
        for (let attempt = 1; ; attempt++) {
          await disconnectAll(docker.getNetwork(id));
          try {
            await docker.getNetwork(id).remove();
            return;
          } catch (error) {
            if (attempt === removeAttempts || !/active endpoints/.test(String(error))) throw error;
          }
        }
      }),
  };
}

async function disconnectAll(network: Dockerode.Network): Promise<void> {
  const detail = (await network.inspect()) as { Containers?: Record<string, unknown> };
  for (const container of Object.keys(detail.Containers ?? {})) {
    try {
      await network.disconnect({ Container: container, Force: true });
    } catch (error) {
      // it left by itself in between; the network is still ours to remove
      if (statusOf(error) !== 404) throw error;
    }
  }
}
