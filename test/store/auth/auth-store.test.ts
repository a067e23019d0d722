// Shows that users, roles and permissions follow from the commands alone, survive a snapshot, and are refused in etcd's order.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { AuthStore } from "../../../src/store/auth/auth-store.js";
import type { AuthCommand, AuthPart } from "../../../src/store/auth/auth-store.js";

const name = fc.constantFrom("root", "ada", "bob", "");
const role = fc.constantFrom("root", "reader", "writer", "");
const key = fc.constantFrom("a", "b", "c");
const rangeEnd = fc.constantFrom("", "\0", "b", "d");
const permission = fc.record({ permType: fc.constantFrom(0, 1, 2), key, rangeEnd });
const command: fc.Arbitrary<AuthCommand> = fc.oneof(
  fc.record({ type: fc.constant("authEnable" as const) }),
  fc.record({ type: fc.constant("authDisable" as const) }),
  fc.record({ type: fc.constant("authenticate" as const), name, prefix: fc.constant("p"), authRevision: fc.nat(20) }),
  fc.record({ type: fc.constant("userAdd" as const), name, hash: fc.constantFrom("h1", "h2"), noPassword: fc.boolean() }),
  fc.record({ type: fc.constant("userDelete" as const), name }),
  fc.record({ type: fc.constant("userChangePassword" as const), name, hash: fc.constantFrom("h3", "h4") }),
  fc.record({ type: fc.constant("userGrantRole" as const), name, role }),
  fc.record({ type: fc.constant("userRevokeRole" as const), name, role }),
  fc.record({ type: fc.constant("roleAdd" as const), role }),
  fc.record({ type: fc.constant("roleDelete" as const), role }),
  fc.record({ type: fc.constant("roleGrantPermission" as const), role, permission: fc.option(permission, { nil: undefined }) }),
  fc.record({ type: fc.constant("roleRevokePermission" as const), role, key, rangeEnd }),
);

/** With auth on: root, ada who may read a..c, and bob without a role. */
function withUsers(): AuthStore {
  const store = new AuthStore();
  for (const each of ["root", "ada", "bob"]) store.apply({ type: "userAdd", name: each, hash: each, noPassword: false });
  store.apply({ type: "userGrantRole", name: "root", role: "root" });
  store.apply({ type: "roleAdd", role: "reader" });
  store.apply({ type: "roleGrantPermission", role: "reader", permission: { permType: 0, key: "a", rangeEnd: "c" } });
  store.apply({ type: "userGrantRole", name: "ada", role: "reader" });
  store.apply({ type: "authEnable" });
  return store;
}

const restored = (store: AuthStore): AuthStore => AuthStore.restore(JSON.parse(JSON.stringify(store.part())) as AuthPart);
const as = (user: string, { revision }: AuthStore) => ({ user, authRevision: revision });

describe("AuthStore", () => {
  it("answers and becomes the same whoever applies the commands, and from whatever snapshot", () => {
    fc.assert(
      fc.property(fc.array(command, { maxLength: 60 }), fc.nat(60), (commands, snapshotAt) => {
        const one = withUsers();
        let other = withUsers();
        for (const [at, each] of commands.entries()) {
          if (at === snapshotAt) other = restored(other);
          const before = one.part();
          const answer = one.apply(each);
          expect(other.apply(each)).toEqual(answer);
          expect(JSON.stringify(other.part())).toBe(JSON.stringify(one.part()));
          const isChanged = JSON.stringify(one.part()) !== JSON.stringify(before);
          expect(isChanged && answer !== "done", "what is refused changes nothing").toBe(false);
          // that auth is turned on changes nobody's rights
          expect(isChanged && each.type !== "authEnable").toBe(one.revision > before.revision);
          const canAdminister = one.user("root")?.roles.includes("root") === true;
          expect(!one.enabled || canAdminister, "somebody can always turn it off").toBe(true);
        }
      }),
      { numRuns: 300 },
    );
  });

  it("lets in by permission, and refuses who shows nothing, is unknown or was let in by another state", () => {
    const store = withUsers();
    const read = [{ what: "read" as const, key: "b", rangeEnd: "" }];
    expect(store.whyNot(undefined, [])).toBeUndefined();
    expect(store.whyNot(undefined, read)).toBe("userNameEmpty");
    expect(store.whyNot(as("ada", store), read)).toBeUndefined();
    expect(store.whyNot(as("ada", store), [...read, { what: "write", key: "b", rangeEnd: "" }])).toBe("permissionDenied");
    expect(store.whyNot(as("bob", store), read)).toBe("permissionDenied");
    expect(store.whyNot(as("nobody", store), read)).toBe("permissionDenied");
    expect(store.whyNot(as("root", store), [{ what: "write", key: "z", rangeEnd: "\0" }])).toBeUndefined();
    const before = as("ada", store);
    store.apply({ type: "roleRevokePermission", role: "reader", key: "a", rangeEnd: "c" });
    expect(store.whyNot(before, read)).toBe("authOldRevision");
    expect(store.whyNot(as("ada", store), read)).toBe("permissionDenied");
    store.apply({ type: "authDisable" });
    expect(store.whyNot(undefined, read)).toBeUndefined();
  });

  it("lets only the role root administer", () => {
    const store = withUsers();
    expect(store.whyNoAdmin(undefined)).toBe("userNameEmpty");
    expect(store.whyNoAdmin(as("ada", store))).toBe("permissionDenied");
    expect(store.whyNoAdmin(as("root", store))).toBeUndefined();
    store.apply({ type: "userGrantRole", name: "bob", role: "root" });
    expect(store.whyNoAdmin(as("bob", store))).toBeUndefined();
  });

  it("gives a token only for the state by which the password was found right", () => {
    const store = withUsers();
    const { revision } = store;
    expect(store.apply({ type: "authenticate", name: "ada", prefix: "p", authRevision: revision })).toBe("done");
    store.apply({ type: "userChangePassword", name: "ada", hash: "another" });
    expect(store.apply({ type: "authenticate", name: "ada", prefix: "p", authRevision: revision })).toEqual({
      type: "refused",
      error: "authOldRevision",
    });
  });

  it("refuses a permission that is not there, of which etcd 3.4 dies", () => {
    const store = withUsers();
    expect(store.apply({ type: "roleGrantPermission", role: "reader", permission: undefined })).toEqual({
      type: "refused",
      error: "permissionNotGiven",
    });
  });
});
