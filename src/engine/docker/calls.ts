import type Dockerode from "dockerode";
import type { EngineAddress } from "./address.js";
import { connect } from "./connect.js";
import { statusOf, toDeviousError } from "./errors.js";

/** How the parts of the adapter talk to the engine: one connection, opened by the first call. */
export interface Calls {
  /** Whatever fails leaves as a DeviousError that says what was being done: "could not `doing`". */
  readonly call: <T>(doing: string, run: (docker: Dockerode) => Promise<T>) => Promise<T>;
  /** As `call`, for wishes that are granted already when the thing is gone (404) or in that state (304). */
  readonly wish: (doing: string, run: (docker: Dockerode) => Promise<unknown>) => Promise<void>;
  /** As `call`; undefined where there is no such thing (404). */
  readonly find: <T>(doing: string, run: (docker: Dockerode) => Promise<T>) => Promise<T | undefined>;
}

export function createCalls(address: EngineAddress): Calls {
  let connecting: Promise<Dockerode> | undefined;
  const call: Calls["call"] = async (doing, run) => {
    try {
      return await run(await (connecting ??= connect(address)));
    } catch (error) {
      throw toDeviousError(error, doing, address);
    }
  };
  const unless = async <T>(statuses: readonly number[], run: () => Promise<T>): Promise<T | undefined> => {
    try {
      return await run();
    } catch (error) {
      if (statuses.includes(statusOf(error) ?? 0)) return undefined;
      throw error;
    }
  };
  return {
    call,
    wish: async (doing, run) => {
      await call(doing, (docker) => unless([404, 304], () => run(docker)));
    },
    find: (doing, run) => call(doing, (docker) => unless([404], () => run(docker))),
  };
}
