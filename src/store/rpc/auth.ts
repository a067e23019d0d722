import type { AuthStore } from "../auth/auth-store.js";
import { encodeCommand } from "../entries/commands.js";
import type { CommandName, RequestOf } from "../entries/commands.js";
import { GrpcError, grpcCode } from "../io/grpc.js";
import type { Refused } from "../mvcc/requests.js";
import { refused } from "../mvcc/requests.js";
import { etcdError } from "../wire/errors.js";
import type { ErrorName } from "../wire/errors.js";
import { rpcs } from "../wire/rpcs.js";
import type { Given } from "../wire/schema.js";
import { answering } from "./answering.js";
import type { Answering } from "./answering.js";
import { isOutdated, writeAs } from "./as-caller.js";
import { headersOf } from "./header.js";
import type { Caller } from "./access.js";
import type { Store } from "./store.js";

/** Users, roles, permissions and tokens: https://etcd.io/docs/v3.4/learning/design-auth-v3/ */
export function authService(store: Store): readonly Answering[] {
  const header = headersOf(store);
  const { auth } = rpcs;
  const administer = async <N extends CommandName>(caller: Caller, name: N, request: Given<RequestOf<N>>) => {
    const { answer, term } = await writeAs(store, caller, name, encodeCommand(name, request));
    return { header: header(answer.revision, term) };
  };
  return [
    answering(auth.authEnable, (request, _message, call) => administer(call, "authEnable", request)),
    answering(auth.authDisable, (request, _message, call) => administer(call, "authDisable", request)),
    answering(auth.authenticate, async ({ name, password }, _message, call) => {
      const token = await authenticate(store, call, name, password);
      return { header: header(), token };
    }),
    answering(auth.userAdd, async (request, _message, call) => {
      const { name, password, options } = request;
      const hash = options?.noPassword === true ? "" : await hashAs(store, call, password);
      return administer(call, "userAdd", { name, password: hash, options });
    }),
    answering(auth.userGet, async ({ name }, _message, call) => {
      const rolesOf = (users: AuthStore) => users.user(name)?.roles ?? refused("userNotFound");
      const roles = await readAuth(store, call, rolesOf, (user) => user === name);
      return { header: header(), roles };
    }),
    answering(auth.userList, async (_request, _message, call) => {
      const users = await readAuth(store, call, (all) => all.userNames());
      return { header: header(), users };
    }),
    answering(auth.userDelete, (request, _message, call) => administer(call, "userDelete", request)),
    answering(auth.userChangePassword, async ({ name, password }, _message, call) =>
      administer(call, "userChangePassword", { name, password: await hashAs(store, call, password) }),
    ),
    answering(auth.userGrantRole, (request, _message, call) => administer(call, "userGrantRole", request)),
    answering(auth.userRevokeRole, (request, _message, call) => administer(call, "userRevokeRole", request)),
    answering(auth.roleAdd, (request, _message, call) => administer(call, "roleAdd", request)),
    answering(auth.roleGet, async ({ role }, _message, call) => {
      const permissionsOf = (roles: AuthStore) => roles.permissions(role) ?? refused("roleNotFound");
      const isOwn = (user: string, users: AuthStore) => users.user(user)?.roles.includes(role) === true;
      const perm = await readAuth(store, call, permissionsOf, isOwn);
      return { header: header(), perm };
    }),
    answering(auth.roleList, async (_request, _message, call) => {
      const roles = await readAuth(store, call, (all) => all.roleNames());
      return { header: header(), roles };
    }),
    answering(auth.roleDelete, (request, _message, call) => administer(call, "roleDelete", request)),
    answering(auth.roleGrantPermission, (request, _message, call) => administer(call, "roleGrantPermission", request)),
    answering(auth.roleRevokePermission, (request, _message, call) => administer(call, "roleRevokePermission", request)),
  ];
}

/**
 * Reads users and roles as they are now, if the caller is an administrator or asks for what is his own.
 * @param isOwn whether what is asked for is this user's
 */
async function readAuth<A>(
  store: Store,
  caller: Caller,
  answer: (auth: AuthStore) => A | Refused<ErrorName>,
  isOwn: (user: string, auth: AuthStore) => boolean = () => false,
): Promise<A> {
  const { access } = store;
  await access.heardOf(caller);
  return store.read((): A | Refused<ErrorName> => {
    const { auth } = access;
    const error = access.whyNoAdmin(caller);
    if (error === undefined) return answer(auth);
    const user = error === "invalidAuthToken" ? undefined : access.principalOf(caller)?.user;
    return user !== undefined && isOwn(user, auth) ? answer(auth) : refused(error);
  }, false);
}

/** Hashes for administrators only, since it is dear. Whether the caller still is one is looked at again where his request is applied. */
async function hashAs(store: Store, caller: Caller, password: string): Promise<string> {
  await readAuth(store, caller, () => "allowed");
  return store.access.hash(password);
}

/** Checks the password against the state of now, and gives the token only if that is still the state when the log says so. */
async function authenticate(store: Store, caller: Caller, name: string, password: string): Promise<string> {
  const { access } = store;
  for (;;) {
    const { hash, noPassword, authRevision } = await store.read(() => {
      const { auth } = access;
      if (!auth.enabled) return refused("authNotEnabled");
      const user = auth.user(name);
      return user === undefined ? refused("authFailed") : { ...user, authRevision: auth.revision };
    }, false);
    if (noPassword) throw noPasswordUser;
    if (!(await access.fits(password, hash))) throw etcdError("authFailed");
    const prefix = access.drawPrefix();
    const command = encodeCommand("authenticate", { name, prefix, authRevision });
    if (!(await isDone(store.write("authenticate", command, access.principalOf(caller))))) continue;
    const token = access.tokenOf(prefix);
    // none, if what came after it has ended it already
    if (token !== undefined) return token;
  }
}

/** As etcd, which has no text for its clients there. */
const noPasswordUser = new GrpcError(grpcCode.unknown, "auth: authentication failed, password was given for no password user", {
  "devious-definite": "1",
});

/** False: users or roles changed on the way. */
async function isDone(written: Promise<unknown>): Promise<boolean> {
  try {
    await written;
    return true;
  } catch (error) {
    if (isOutdated(error)) return false;
    throw error;
  }
}
