/** Just enough of the Docker API to ask whether an engine answers and what it holds, before any npm package is there. */
import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { request } from "node:http";
import { homedir } from "node:os";
import { join } from "node:path";

export const defaultAddress = "unix:///var/run/docker.sock";

/** The engine in use and who chose it, by docker's own order: DOCKER_HOST, DOCKER_CONTEXT, `currentContext`, the default socket. */
export function engineAddress(env = process.env) {
  if (env.DOCKER_HOST) return { address: env.DOCKER_HOST, chosenBy: "DOCKER_HOST" };
  const folder = env.DOCKER_CONFIG ?? join(homedir(), ".docker");
  const configFile = join(folder, "config.json");
  const current = existsSync(configFile) ? JSON.parse(readFileSync(configFile, "utf8")).currentContext : undefined;
  const context = env.DOCKER_CONTEXT || current || "default";
  if (context === "default") return { address: defaultAddress, chosenBy: undefined };
  const chosenBy = `the docker context "${context}"`;
  const metaFile = join(folder, "contexts/meta", createHash("sha256").update(context).digest("hex"), "meta.json");
  if (!existsSync(metaFile)) return { address: undefined, chosenBy };
  return { address: JSON.parse(readFileSync(metaFile, "utf8")).Endpoints?.docker?.Host, chosenBy };
}

/** True where an answer can be had with plain HTTP: not over ssh, not with TLS. */
export function canAsk(address, env = process.env) {
  return address.startsWith("unix://") || (address.startsWith("tcp://") && !env.DOCKER_TLS_VERIFY);
}

/** Body of a GET, or a rejection where nobody answers 200 within two seconds. */
export function get(address, path, { timeoutMs = 2000 } = {}) {
  const url = new URL(address);
  const where = url.protocol === "unix:" ? { socketPath: url.pathname } : { host: url.hostname, port: url.port || 2375 };
  return new Promise((resolve, reject) => {
    const asked = request({ ...where, path, signal: AbortSignal.timeout(timeoutMs) }, (answer) => {
      let body = "";
      answer.setEncoding("utf8");
      answer.on("data", (chunk) => (body += chunk));
      answer.on("error", reject);
      answer.on("end", () =>
        answer.statusCode === 200 ? resolve(body) : reject(new Error(`${path}: ${answer.statusCode} ${body}`)),
      );
    });
    asked.on("error", reject);
    asked.end();
  });
}

/** Undefined where the engine answers, else why not. */
export async function whyNoAnswer(address) {
  try {
    await get(address, "/_ping");
    return undefined;
  } catch (error) {
    return error.code ?? error.message;
  }
}
