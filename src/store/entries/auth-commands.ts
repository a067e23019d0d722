import type { AuthCommand } from "../auth/auth-store.js";
import { decode } from "../wire/decode.js";
import { rpcs } from "../wire/rpcs.js";
import type { Message } from "../wire/schema.js";
import { int64, message, string } from "../wire/schema.js";

/** A password that was found right: etcd's own request holds the password itself, which the log need not know. */
const TokenRequest = message("devious.TokenRequest", { name: string(1), prefix: string(2), authRevision: int64(3) });

const { auth } = rpcs;

/**
 * Commands that change users and roles. Where etcd's requests hold a password, the entry holds its hash there: the member that took the
 * request has put it in its place.
 */
export const authCommands = {
  authEnable: command(11, auth.authEnable.input, () => ({ type: "authEnable" })),
  authDisable: command(12, auth.authDisable.input, () => ({ type: "authDisable" })),
  authenticate: command(13, TokenRequest, (request) => ({ type: "authenticate", ...request })),
  userAdd: command(14, auth.userAdd.input, ({ name, password, options }) => {
    const noPassword = options?.noPassword === true;
    return { type: "userAdd", name, hash: noPassword ? "" : password, noPassword };
  }),
  userDelete: command(15, auth.userDelete.input, ({ name }) => ({ type: "userDelete", name })),
  userChangePassword: command(16, auth.userChangePassword.input, ({ name, password }) => ({
    type: "userChangePassword",
    name,
    hash: password,
  })),
  userGrantRole: command(17, auth.userGrantRole.input, ({ user, role }) => ({ type: "userGrantRole", name: user, role })),
  userRevokeRole: command(18, auth.userRevokeRole.input, ({ name, role }) => ({ type: "userRevokeRole", name, role })),
  roleAdd: command(19, auth.roleAdd.input, ({ name }) => ({ type: "roleAdd", role: name })),
  roleDelete: command(20, auth.roleDelete.input, ({ role }) => ({ type: "roleDelete", role })),
  roleGrantPermission: command(21, auth.roleGrantPermission.input, ({ name, perm }) => ({
    type: "roleGrantPermission",
    role: name,
    permission: perm,
  })),
  roleRevokePermission: command(22, auth.roleRevokePermission.input, (request) => ({
    type: "roleRevokePermission",
    ...request,
  })),
} as const;

export interface AuthEntry<T> {
  readonly opcode: number;
  readonly request: Message<T>;
  readonly read: (body: Buffer) => AuthCommand;
}

function command<T>(opcode: number, request: Message<T>, commandOf: (request: T) => AuthCommand): AuthEntry<T> {
  return { opcode, request, read: (body) => commandOf(decode(request, body)) };
}

/** Undefined: the opcode is of another kind of command. */
export function readAuthCommand(opcode: number | undefined, body: Buffer): AuthCommand | undefined {
  return byOpcode.get(opcode)?.read(body);
}

const byOpcode = new Map<number | undefined, Pick<AuthEntry<unknown>, "read">>(
  Object.values(authCommands).map(({ opcode, read }) => [opcode, { read }]),
);
