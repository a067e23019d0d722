import { get } from "node:http";
import type { ContainerDetail } from "../../engine/port.js";
import type { ProbeBy, Refusal } from "./index.js";

/** Ready where GET is answered with the status asked for, of which the first line is enough. */
export async function overHttp(
  { endpoints }: Pick<ContainerDetail, "endpoints">,
  { port, path, status }: ProbeBy<"http">,
  timeoutMs: number,
): Promise<Refusal | undefined> {
  const endpoint = endpoints.get(port);
  if (endpoint === undefined) return { what: `its port ${port} is not published` };
  const said = await statusOf(endpoint, path, timeoutMs);
  if (said !== undefined && (status === null ? said >= 200 && said < 300 : said === status)) return undefined;
  const asked = `GET ${path} on its port ${port}`;
  return said === undefined
    ? { what: `${asked} was not answered`, deafPort: port }
    : { what: `${asked} was answered with ${said}` };
}

async function statusOf(
  { host, port }: { readonly host: string; readonly port: number },
  path: string,
  timeoutMs: number,
): Promise<number | undefined> {
  return new Promise((resolve) => {
    // AbortSignal takes whole milliseconds only
    const signal = AbortSignal.timeout(Math.ceil(timeoutMs));
    const asked = get({ host, port, path, agent: false, signal }, (answer) => {
      resolve(answer.statusCode);
      asked.destroy();
    });
    asked.on("error", () => resolve(undefined));
  });
}
