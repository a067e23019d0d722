import { DeviousError, messageOf } from "../../core/errors.js";
import type { EngineAddress } from "./address.js";

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

/** The engine's answer, or its silence, as the sentence a user can act on. */
export function toDeviousError(error: unknown, doing: string, address: EngineAddress): DeviousError {
  if (error instanceof DeviousError) return error;
  const failure = error as EngineFailure;
  if (failure.statusCode === undefined && failure.code !== undefined && unreachableCodes.has(failure.code)) {
    return new DeviousError(
      "ENGINE_UNREACHABLE",
      `No Docker engine answers at ${address.url} (from ${address.from}; ${failure.code}).`,
      {
        hint: unreachableHint(failure.code),
        cause: error,
      },
    );
  }
  const words = failure.json?.message ?? messageOf(error);
  return new DeviousError("ENGINE_REFUSED", `The engine could not ${doing}: ${words.trim().replace(/\.?$/, ".")}`, {
    cause: error,
  });
}

function unreachableHint(code: string): string {
  if (code === "EACCES" || code === "EPERM") {
    return "Your user may not use the engine: run `sudo usermod -aG docker $USER` and log in again, or use sudo.";
  }
  return "Start it (`sudo systemctl start docker`), or point DOCKER_HOST at one; `devious doctor` checks the rest.";
}
