import type { Prng } from "../../src/core/prng.js";
import type { JsonObject, Operation } from "./operation.js";

/** Whoever asks, beside `nobody` who shows no token, and `stranger` who shows one that nobody ever got. */
const users = ["root", "ada", "bob"];
const roles = ["root", "reader", "writer"];
const keys = ["a", "ab", "b", "c", "d"];
const rangeEnds = ["ab", "b", "c", "d", "e", "\0"];

/** `count` operations after users and roles are there and auth is on. The same seed, the same operations. */
export function generateAuth(prng: Prng, count: number): Operation[] {
  const draw = new Draw(prng);
  return [...beginning, ...Array.from({ length: count }, () => draw.operation())];
}

function operation(path: string, body: JsonObject, as?: string): Operation {
  return { path: `/v3/${path}`, body, spelling: "snake", ...(as === undefined ? {} : { as }) };
}

const beginning: readonly Operation[] = [
  ...users.map((name) => operation("auth/user/add", { name, password: name })),
  operation("auth/user/grant", { user: "root", role: "root" }),
  ...["reader", "writer"].map((name) => operation("auth/role/add", { name })),
  operation("auth/role/grant", { name: "reader", perm: { key: "a", range_end: "c" } }),
  operation("auth/role/grant", { name: "writer", perm: { permType: "READWRITE", key: "c", range_end: "\0" } }),
  operation("auth/user/grant", { user: "ada", role: "reader" }),
  operation("auth/user/grant", { user: "ada", role: "writer" }),
  operation("auth/enable", {}),
  ...users.map((name) => operation("auth/authenticate", { name, password: name })),
];

class Draw {
  readonly #prng: Prng;

  constructor(prng: Prng) {
    this.#prng = prng;
  }

  operation(): Operation {
    if (this.#prng.chance(0.12)) return this.#authenticate();
    const [path, body] = this.#prng.chance(0.4) ? this.#administer() : this.#use();
    return operation(path, body, this.#prng.pick(["root", "root", "root", "ada", "ada", "ada", "bob", "stranger", "nobody"]));
  }

  #authenticate(): Operation {
    const name = this.#prng.pick([...users, "nobody"]);
    return operation("auth/authenticate", { name, password: this.#prng.chance(0.85) ? name : "wrong" });
  }

  #use(): [string, JsonObject] {
    const key = this.#prng.pick(keys);
    const put = { key, value: "v" };
    const prevKv = this.#prng.chance(0.3) ? { prev_kv: true } : {};
    return this.#prng.pick<() => [string, JsonObject]>([
      () => ["kv/put", { ...put, ...prevKv }],
      () => ["kv/range", { ...this.#range(), ...(this.#prng.chance(0.3) ? { serializable: true } : {}) }],
      () => ["kv/range", this.#range()],
      () => ["kv/deleterange", { ...this.#range(), ...prevKv }],
      // without what etcd 3.4 overlooks in transactions: transactions, and the value before a put
      () => [
        "kv/txn",
        {
          compare: this.#prng.chance(0.5) ? [{ ...this.#range(), target: "VERSION", version: 1 }] : [],
          success: [{ request_put: put }],
          failure: [{ request_delete_range: { ...this.#range(), ...prevKv } }, { request_range: this.#range() }],
        },
      ],
      () => ["kv/txn", { success: [{ request_range: this.#range() }], failure: [] }],
      () => ["kv/compaction", { revision: 1 }],
      () => ["maintenance/alarm", {}],
      () => ["lease/revoke", { ID: 404 }],
      () => ["cluster/member/remove", { ID: 404 }],
    ])();
  }

  #administer(): [string, JsonObject] {
    const name = this.#prng.pick([...users.slice(1), "nobody"]);
    const role = this.#prng.pick([...roles, "nothing"]);
    const password = name;
    const range = this.#range();
    const permType = this.#prng.pick(["READ", "WRITE", "READWRITE"]);
    return this.#prng.pick<() => [string, JsonObject]>([
      () => ["auth/user/add", { name: this.#prng.pick([name, ""]), password }],
      () => ["auth/user/add", { name, options: { no_password: true } }],
      () => ["auth/user/delete", { name: this.#prng.pick([name, "root"]) }],
      () => ["auth/user/changepw", { name, password }],
      () => ["auth/user/get", { name }],
      () => ["auth/user/get", { name }],
      () => ["auth/user/list", {}],
      () => ["auth/user/grant", { user: name, role }],
      () => ["auth/user/grant", { user: name, role }],
      () => ["auth/user/grant", { user: name, role }],
      () => ["auth/user/revoke", { name: this.#prng.pick([name, "root"]), role }],
      () => ["auth/role/add", { name: this.#prng.pick([role, ""]) }],
      () => ["auth/role/delete", { role }],
      () => ["auth/role/get", { role }],
      () => ["auth/role/get", { role }],
      () => ["auth/role/list", {}],
      () => ["auth/role/grant", { name: role, perm: { permType, ...range } }],
      () => ["auth/role/grant", { name: role, perm: { permType, ...range } }],
      () => ["auth/role/grant", { name: role, perm: { permType, ...range } }],
      () => ["auth/role/revoke", { role, ...range }],
      () => ["auth/enable", {}],
      ...(this.#prng.chance(0.2) ? [(): [string, JsonObject] => ["auth/disable", {}]] : []),
    ])();
  }

  /** A key, or a range that ascends: one that does not has nothing in it, and etcd judges it by chance. */
  #range(): JsonObject {
    const key = this.#prng.pick(keys);
    const ends = rangeEnds.filter((end) => end === "\0" || end > key);
    return this.#prng.chance(0.4) ? { key, range_end: this.#prng.pick(ends) } : { key };
  }
}
