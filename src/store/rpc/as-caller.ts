import { RequestFailed } from "../ask.js";
import type { Written } from "../client-requests.js";
import type { CommandName } from "../entries/commands.js";
import { needsOf } from "../auth/needs.js";
import type { MvccStore } from "../mvcc/mvcc-store.js";
import { refused } from "../mvcc/requests.js";
import type { Op, Refused } from "../mvcc/requests.js";
import type { ErrorName } from "../wire/errors.js";
import type { Caller } from "./access.js";
import type { Store } from "./store.js";

/**
 * Has the command applied as the caller's, whose rights are looked at then. If users or roles changed on the way to there, it was refused and is
 * asked for again.
 */
export async function writeAs<N extends CommandName>(
  store: Pick<Store, "write" | "access">,
  caller: Caller,
  name: N,
  command: Uint8Array,
): Promise<Written<N>> {
  const { access } = store;
  const unheard = access.heardOf(caller);
  if (unheard !== undefined) await unheard;
  for (;;) {
    try {
      return await store.write(name, command, access.principalOf(caller));
    } catch (error) {
      if (!isOutdated(error)) throw error;
    }
  }
}

/** Whether a request was refused because it was let in by a state of users and roles that is no more. */
export function isOutdated(error: unknown): boolean {
  return error instanceof RequestFailed && error.error === "authOldRevision";
}

/** Reads as {@link Store.read} does, if the caller may read what `op` names in the very state that answers. */
export async function readAs<A>(
  store: Store,
  caller: Caller,
  op: Op,
  answer: (kv: MvccStore) => A | Refused<ErrorName>,
  serializable: boolean,
): Promise<A> {
  const { access } = store;
  const unheard = access.heardOf(caller);
  if (unheard !== undefined) await unheard;
  return store.read((kv): A | Refused<ErrorName> => {
    const error = access.whyNot(caller, () => needsOf(op, () => []));
    return error === undefined ? answer(kv) : refused(error);
  }, serializable);
}
