import type { AddressInfo, Server } from "node:net";

/** Resolves with the port once connections are taken, rejects where the address cannot be had. Port 0: chosen by the system. */
export function listenOn(server: Server, host: string | undefined, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => {
      server.off("error", reject);
      resolve((server.address() as AddressInfo).port);
    });
  });
}
