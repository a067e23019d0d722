import { unreachable } from "../../core/invariant.js";
import type { Principal } from "../entries/envelope.js";
import type { Key } from "../mvcc/key-value.js";
import type { Refused } from "../mvcc/requests.js";
import { refused } from "../mvcc/requests.js";
import type { ErrorName } from "../wire/errors.js";
import { Rights } from "./permissions.js";
import type { Need, Permission } from "./permissions.js";

/** What changes users, roles and who has to say who he is: etcd's requests. */
export type AuthCommand =
  | { readonly type: "authEnable" }
  | { readonly type: "authDisable" }
  /** A password was found right while the state was of that revision. `prefix`: of the token, drawn by who found it so. */
  | { readonly type: "authenticate"; readonly name: string; readonly prefix: string; readonly authRevision: number }
  /** `hash`: of the password; empty where the user has none. */
  | { readonly type: "userAdd"; readonly name: string; readonly hash: string; readonly noPassword: boolean }
  | { readonly type: "userDelete"; readonly name: string }
  | { readonly type: "userChangePassword"; readonly name: string; readonly hash: string }
  | { readonly type: "userGrantRole"; readonly name: string; readonly role: string }
  | { readonly type: "userRevokeRole"; readonly name: string; readonly role: string }
  | { readonly type: "roleAdd"; readonly role: string }
  | { readonly type: "roleDelete"; readonly role: string }
  | { readonly type: "roleGrantPermission"; readonly role: string; readonly permission: Permission | undefined }
  | { readonly type: "roleRevokePermission"; readonly role: string; readonly key: Key; readonly rangeEnd: Key };

/** The state as JSON; equal for equal states. */
export interface AuthPart {
  readonly enabled: boolean;
  readonly revision: number;
  readonly users: readonly (User & { readonly name: string })[];
  readonly roles: readonly { readonly name: string; readonly permissions: readonly Permission[] }[];
}

interface User {
  /** Of the password, as who made it wrote it. */
  readonly hash: string;
  readonly noPassword: boolean;
  /** Sorted. */
  readonly roles: readonly string[];
}

type Done = "done";

/** The user without whom nobody could administer, and the role that may do everything, whether or not it was ever added. */
const root = "root";

/**
 * Users, roles and their permissions: what all members agree on. Passwords and tokens it does not know, only their hashes.
 * https://etcd.io/docs/v3.4/op-guide/authentication/
 */
export class AuthStore {
  readonly #users = new Map<string, User>();
  readonly #roles = new Map<string, readonly Permission[]>();
  #enabled = false;
  #revision = 1;
  /** Of users since the last change. */
  readonly #rights = new Map<string, Rights>();

  static restore({ enabled, revision, users, roles }: AuthPart): AuthStore {
    const store = new AuthStore();
    store.#enabled = enabled;
    store.#revision = revision;
    for (const { name, ...user } of users) store.#users.set(name, user);
    for (const { name, permissions } of roles) store.#roles.set(name, permissions);
    return store;
  }

  part(): AuthPart {
    return {
      enabled: this.#enabled,
      revision: this.#revision,
      users: this.userNames().map((name) => ({ name, ...(this.#users.get(name) as User) })),
      roles: this.roleNames().map((name) => ({ name, permissions: this.#roles.get(name) ?? [] })),
    };
  }

  get enabled(): boolean {
    return this.#enabled;
  }

  /** Grows with every change of users, roles and permissions. */
  get revision(): number {
    return this.#revision;
  }

  user(name: string): User | undefined {
    return this.#users.get(name);
  }

  /** Ordered by key; undefined: there is no such role. */
  permissions(role: string): readonly Permission[] | undefined {
    return this.#roles.get(role);
  }

  /** In the order of their bytes. */
  userNames(): readonly string[] {
    return byBytes(this.#users.keys());
  }

  /** In the order of their bytes. */
  roleNames(): readonly string[] {
    return byBytes(this.#roles.keys());
  }

  /** Why the caller may not do all of that; undefined: nothing is in the way. */
  whyNot(principal: Principal | undefined, needs: readonly Need[]): ErrorName | undefined {
    if (!this.#enabled || needs.length === 0) return undefined;
    if (principal === undefined) return "userNameEmpty";
    // what this user was may not be what the name stands for now
    if (principal.authRevision < this.#revision) return "authOldRevision";
    const user = this.#users.get(principal.user);
    if (user === undefined) return "permissionDenied";
    if (user.roles.includes(root)) return undefined;
    const rights = this.#rightsOf(principal.user, user);
    return needs.every((need) => rights.cover(need)) ? undefined : "permissionDenied";
  }

  /** Why the caller may not do what only the role root may; undefined: nothing is in the way. */
  whyNoAdmin(principal: Principal | undefined): ErrorName | undefined {
    if (!this.#enabled) return undefined;
    if (principal === undefined) return "userNameEmpty";
    return this.#users.get(principal.user)?.roles.includes(root) === true ? undefined : "permissionDenied";
  }

  /** What is refused changes nothing. */
  apply(command: AuthCommand): Done | Refused<ErrorName> {
    switch (command.type) {
      case "authEnable":
        return this.#enable();
      case "authDisable":
        if (this.#enabled) this.#changed();
        this.#enabled = false;
        return "done";
      case "authenticate":
        return this.#authenticate(command);
      case "userAdd":
        return this.#addUser(command);
      case "userDelete":
        return this.#deleteUser(command.name);
      case "userChangePassword":
        return this.#changeUser(command.name, (user) => ({ ...user, hash: command.hash }));
      case "userGrantRole":
        return this.#grantRole(command.name, command.role);
      case "userRevokeRole":
        return this.#revokeRole(command.name, command.role);
      case "roleAdd":
        if (command.role === "") return refused("roleNameEmpty");
        if (this.#roles.has(command.role)) return refused("roleExists");
        return this.#setRole(command.role, []);
      case "roleDelete":
        return this.#deleteRole(command.role);
      case "roleGrantPermission":
        return this.#grantPermission(command.role, command.permission);
      case "roleRevokePermission":
        return this.#revokePermission(command.role, command.key, command.rangeEnd);
      default:
        return unreachable(command);
    }
  }

  #enable(): Done | Refused<ErrorName> {
    if (this.#enabled) return "done";
    const user = this.#users.get(root);
    if (user === undefined) return refused("rootUserNotFound");
    if (!user.roles.includes(root)) return refused("rootRoleNotGranted");
    this.#enabled = true;
    return "done";
  }

  #authenticate({ name, authRevision }: { readonly name: string; readonly authRevision: number }): Done | Refused<ErrorName> {
    if (!this.#enabled) return refused("authNotEnabled");
    if (authRevision !== this.#revision) return refused("authOldRevision");
    return this.#users.has(name) ? "done" : refused("authFailed");
  }

  #addUser({ name, hash, noPassword }: Omit<User, "roles"> & { readonly name: string }): Done | Refused<ErrorName> {
    if (name === "") return refused("userNameEmpty");
    if (this.#users.has(name)) return refused("userExists");
    this.#users.set(name, { hash, noPassword, roles: [] });
    return this.#changed();
  }

  #deleteUser(name: string): Done | Refused<ErrorName> {
    if (this.#enabled && name === root) return refused("invalidAuthManagement");
    return this.#users.delete(name) ? this.#changed() : refused("userNotFound");
  }

  #changeUser(name: string, change: (user: User) => User): Done | Refused<ErrorName> {
    const user = this.#users.get(name);
    if (user === undefined) return refused("userNotFound");
    this.#users.set(name, change(user));
    return this.#changed();
  }

  #grantRole(name: string, role: string): Done | Refused<ErrorName> {
    const user = this.#users.get(name);
    if (user === undefined) return refused("userNotFound");
    if (role !== root && !this.#roles.has(role)) return refused("roleNotFound");
    if (user.roles.includes(role)) return "done";
    return this.#changeUser(name, () => ({ ...user, roles: byBytes([...user.roles, role]) }));
  }

  #revokeRole(name: string, role: string): Done | Refused<ErrorName> {
    if (this.#enabled && name === root && role === root) return refused("invalidAuthManagement");
    const user = this.#users.get(name);
    if (user === undefined) return refused("userNotFound");
    if (!user.roles.includes(role)) return refused("roleNotGranted");
    return this.#changeUser(name, () => ({ ...user, roles: without(user.roles, role) }));
  }

  #deleteRole(role: string): Done | Refused<ErrorName> {
    if (this.#enabled && role === root) return refused("invalidAuthManagement");
    if (!this.#roles.delete(role)) return refused("roleNotFound");
    for (const [name, user] of this.#users) {
      if (user.roles.includes(role)) this.#users.set(name, { ...user, roles: without(user.roles, role) });
    }
    return this.#changed();
  }

  #grantPermission(role: string, permission: Permission | undefined): Done | Refused<ErrorName> {
    const permissions = this.#roles.get(role);
    if (permissions === undefined) return refused("roleNotFound");
    // etcd 3.4 dies of such a request
    if (permission === undefined) return refused("permissionNotGiven");
    const at = firstAt(permissions, permission.key);
    if (isOf(permissions[at], permission.key, permission.rangeEnd)) return this.#setRole(role, permissions.with(at, permission));
    return this.#setRole(role, [...permissions, permission].sort(byKey));
  }

  #revokePermission(role: string, key: Key, rangeEnd: Key): Done | Refused<ErrorName> {
    const permissions = this.#roles.get(role);
    if (permissions === undefined) return refused("roleNotFound");
    const left = permissions.filter((permission) => !isOf(permission, key, rangeEnd));
    return left.length === permissions.length ? refused("permissionNotGranted") : this.#setRole(role, left);
  }

  #setRole(role: string, permissions: readonly Permission[]): Done {
    this.#roles.set(role, permissions);
    return this.#changed();
  }

  #changed(): Done {
    this.#revision++;
    this.#rights.clear();
    return "done";
  }

  #rightsOf(name: string, { roles }: User): Rights {
    let rights = this.#rights.get(name);
    if (rights === undefined) {
      rights = new Rights(roles.flatMap((role) => this.#roles.get(role) ?? []));
      this.#rights.set(name, rights);
    }
    return rights;
  }
}

/** Where a permission that begins at `key` stands, or would. As in etcd, of several that begin there only the first is ever replaced. */
function firstAt(permissions: readonly Permission[], key: Key): number {
  const at = permissions.findIndex((permission) => permission.key >= key);
  return at < 0 ? permissions.length : at;
}

function isOf(permission: Permission | undefined, key: Key, rangeEnd: Key): boolean {
  return permission !== undefined && permission.key === key && permission.rangeEnd === rangeEnd;
}

function byKey(a: Permission, b: Permission): number {
  if (a.key === b.key) return 0;
  return a.key < b.key ? -1 : 1;
}

function without(names: readonly string[], name: string): readonly string[] {
  return names.filter((each) => each !== name);
}

function byBytes(names: Iterable<string>): readonly string[] {
  return [...names].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
}
