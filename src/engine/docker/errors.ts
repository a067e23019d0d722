import { DeviousError, messageOf } from "../../core/errors.js";
import { type EngineAddress, findSockets } from "./address.js";

interface EngineFailure {
  readonly statusCode?: number;
  readonly code?: string;
  readonly json?: { readonly message?: string };
}

const unreachableCodes = new Set([
  "ECONNREFUSED",
  "ENOENT",
  "EACCES",
  "EPERM",
  "ENOTFOUND",
  "ETIMEDOUT",
  "EHOSTUNREACH",
  "ECONNRESET",
]);

export function statusOf(error: unknown): number | undefined {
  return (error as EngineFailure | undefined)?.statusCode;
}

/** The engine's answer, or its silence, as the sentence a user can act on. `sockets`: where another engine may answer. */
export function toDeviousError(
  error: unknown,
  doing: string,
  address: EngineAddress,
  sockets: () => readonly string[] = () => findSockets(process.env),
): DeviousError {
  if (error instanceof DeviousError) return error;
  const failure = error as EngineFailure;
  if (failure.statusCode === undefined && failure.code !== undefined && unreachableCodes.has(failure.code)) {
    return new DeviousError(
      "ENGINE_UNREACHABLE",
      `No Docker engine answers at ${address.url} (from ${address.from}; ${failure.code}).`,
      {
        hint: unreachableHint(
          failure.code,
          sockets().filter((socket) => address.url !== `unix://${socket}`),
        ),
        cause: error,
      },
    );
  }
  // what answers with a stream leaves no JSON behind when it refuses
  const words = failure.json?.message ?? messageOf(error).replace(/^\(HTTP code \d+\) [^-]*- /, "");
  return new DeviousError("ENGINE_REFUSED", `The engine could not ${doing}: ${words.trim().replace(/\.?$/, ".")}`, {
    cause: error,
  });
}

function unreachableHint(code: string, sockets: readonly string[]): string {
  if (code === "EACCES" || code === "EPERM") {
    return "Your user may not use the engine: run `sudo usermod -aG docker $USER` and log in again, or use sudo.";
  }
  const [other] = sockets;
  if (other !== undefined) return `There is a socket at ${other}: \`export DOCKER_HOST=unix://${other}\` uses it.`;
  return "Start it (`sudo systemctl start docker`), or point DOCKER_HOST at one.";
}
