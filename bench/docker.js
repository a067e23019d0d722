/** Bare calls of the Docker API, no library between: what the floors are made of. */
import { Agent, request } from "node:http";
import { canAsk, engineAddress } from "../scripts/setup/docker-api.js";
import { Trouble } from "../scripts/setup/trouble.js";

const agent = new Agent({ keepAlive: true });

/** One call; resolves to the parsed answer. An answer of 400 and above rejects with `status`, unless it is in `allow`. */
export async function docker(method, path, { body, stream, allow = [] } = {}) {
  const { address } = engineAddress();
  if (address === undefined || !canAsk(address))
    throw new Trouble("The benchmark needs an engine that answers plain HTTP: a local socket.");
  const url = new URL(address);
  const where = url.protocol === "unix:" ? { socketPath: url.pathname } : { host: url.hostname, port: url.port || 2375 };
  const type = stream === undefined ? "application/json" : "application/x-tar";
  const { status, text } = await new Promise((resolve, reject) => {
    const asked = request({ ...where, agent, method, path, headers: { "content-type": type } }, (answer) => {
      let received = "";
      answer.setEncoding("utf8");
      answer.on("data", (chunk) => (received += chunk));
      answer.on("error", reject);
      answer.on("end", () => resolve({ status: answer.statusCode, text: received }));
    });
    asked.on("error", reject);
    if (stream === undefined) asked.end(body === undefined ? undefined : JSON.stringify(body));
    else stream.on("error", reject).pipe(asked);
  });
  if (status >= 400 && !allow.includes(status))
    throw Object.assign(new Error(`${method} ${path}: ${status} ${text.trim()}`), { status });
  return text.startsWith("{") || text.startsWith("[") ? parseLast(text) : undefined;
}

/** Progress comes as one object a line; the last one counts. */
function parseLast(text) {
  return JSON.parse(text.includes("}\r\n{") ? text.trim().split("\r\n").at(-1) : text);
}

export function inspect(container) {
  return docker("GET", `/containers/${container}/json`);
}

/** Where a port of a container is published on this machine. */
export async function publishedPort(container, port) {
  const { NetworkSettings } = await inspect(container);
  return Number(NetworkSettings.Ports[`${port}/tcp`][0].HostPort);
}

export async function createNetwork(name, labels) {
  await docker("POST", "/networks/create", { body: { Name: name, Driver: "bridge", CheckDuplicate: true, Labels: labels } });
}

/** Creates and starts one container; volumes it names are made by the engine. */
export async function runContainer(name, options) {
  const { Id } = await docker("POST", `/containers/create?name=${name}`, { body: options });
  await docker("POST", `/containers/${Id}/start`);
  return Id;
}

/** Containers, then networks, then volumes; what is not there is gone. */
export async function remove({ containers = [], networks = [], volumes = [] }) {
  const gone = { allow: [404] };
  await Promise.all(containers.map((name) => docker("DELETE", `/containers/${name}?force=1&v=1`, gone)));
  await Promise.all(networks.map((name) => docker("DELETE", `/networks/${name}`, gone)));
  await Promise.all(volumes.map((name) => docker("DELETE", `/volumes/${name}`, gone)));
}
