import type { Prng } from "../../src/core/prng.js";
import type { Json, JsonObject, Operation } from "./operation.js";

/** What a store is asked for; a store that is still growing is spared the rest. */
export interface Abilities {
  /** Reading at a revision, compaction, and bounds on revisions. */
  readonly history: boolean;
  /**
   * Reading at a revision within transactions. Where that is refused, etcd 3.4.23 does not apply the transaction at the member that was asked,
   * and its writes at the others: a cluster of several no longer agrees with itself.
   */
  readonly historyInTxn: boolean;
  readonly sorting: boolean;
  readonly txn: boolean;
  readonly leases: boolean;
  /** `ignore_value`, `ignore_lease`. */
  readonly ignoring: boolean;
  readonly serializable: boolean;
  /** Requests that must be refused, in etcd's words, and some that look as if. */
  readonly refusals: boolean;
  /** Fields that no proto has. */
  readonly unknownFields: boolean;
  /** Questions for alarms, and calls about members that there are not. */
  readonly administration: boolean;
}

export const everything: Abilities = {
  history: true,
  historyInTxn: true,
  sorting: true,
  txn: true,
  leases: true,
  ignoring: true,
  serializable: true,
  refusals: true,
  unknownFields: true,
  administration: true,
};

/** Few and close together, so that operations meet; one that is another's prefix, one that follows another directly, bytes beyond UTF-8. */
const keys = ["a", "ab", "abc", "b", "b\0", "c", "d", "\xff"];
const rangeEnds = ["\0", "a", "ac", "b", "b\0", "c", "d", "e", "\xff\xff"];
const values = ["", "1", "2", "10", "\0\xff", "a longer value than the others"];
/** Two that the client chose, and the first two that the store drew. */
const leaseIds = [7001, 7002, -1, -2];
/** Deep enough for a branch within a branch. */
const depthMax = 2;

const malformed = [
  "",
  " \n",
  "{",
  "}",
  "[]",
  "null",
  "null x",
  '{"key":1}',
  '{"key":"!"}',
  '{"key":"Y"}',
  '{"key":"YQ="}',
  '{"key":"YQ==\\n"}',
  '{"key":null}',
  '{"key":"YQ==","nobody":"}"} {',
  '{"key":"YQ==",} {}',
  '{"key":"YQ==","limit":"x"}',
  '{"key":"YQ==","limit":""}',
  '{"key":"YQ==","sort_order":"UP"}',
  '{"key":"YQ==","value":{}}',
];

/** `count` operations from a seeded source: the same seed, the same operations. */
export function generate(prng: Prng, count: number, abilities: Abilities): Operation[] {
  const operations: Operation[] = [];
  for (let at = 1; at <= count; at++) operations.push(operation(prng, abilities, at));
  return operations;
}

/** The ends of int64, and the first number that a double cannot hold. */
const extremes = ["9223372036854775807", "-9223372036854775808", "9007199254740993"];
/** About two of five operations make a revision. */
const revisionsAnOperation = 0.4;

/** @param at which operation of the run this is, from 1 */
function operation(prng: Prng, abilities: Abilities, at: number): Operation {
  const draw = new Draw(prng, abilities, Math.ceil(at * revisionsAnOperation));
  const { path, body } = prng.pick(draw.kinds())();
  const spelling = prng.chance(0.2) ? "camel" : "snake";
  if (abilities.refusals && prng.chance(0.02)) return { path, body: {}, spelling: "snake", malformed: prng.pick(malformed) };
  return { path, spelling, body: abilities.unknownFields && prng.chance(0.03) ? { ...body, nobody_knows: true } : body };
}

type Request = Pick<Operation, "path" | "body">;

/** Draws one operation and what is inside it. */
class Draw {
  readonly #prng: Prng;
  readonly #abilities: Abilities;
  readonly #revisions: number;

  constructor(prng: Prng, abilities: Abilities, revisions: number) {
    this.#prng = prng;
    this.#abilities = abilities;
    this.#revisions = revisions;
  }

  /** By weight: what stands here three times is drawn three times as often. */
  kinds(): (() => Request)[] {
    const put = (): Request => ({ path: "/v3/kv/put", body: this.#put() });
    const range = (): Request => ({ path: "/v3/kv/range", body: this.#range() });
    const deleteRange = (): Request => ({ path: "/v3/kv/deleterange", body: this.#deleteRange() });
    const txn = (): Request => ({ path: "/v3/kv/txn", body: this.#txn(depthMax) });
    const compact = (): Request => ({ path: "/v3/kv/compaction", body: this.#compact() });
    const lease = (): Request => this.#lease();
    const administer = (): Request => this.#administer();
    return [
      put,
      put,
      put,
      range,
      range,
      range,
      deleteRange,
      ...(this.#abilities.txn ? [txn, txn] : []),
      ...(this.#abilities.leases ? [lease] : []),
      ...(this.#abilities.history && this.#prng.chance(0.15) ? [compact] : []),
      ...(this.#abilities.administration && this.#prng.chance(0.2) ? [administer] : []),
    ];
  }

  #put(): JsonObject {
    const lease = this.#abilities.leases && this.#prng.chance(0.15) ? { lease: this.#prng.pick(leaseIds) } : {};
    const ignoring = this.#abilities.ignoring
      ? { ...this.#maybe(0.08, "ignore_value"), ...this.#maybe(0.08, "ignore_lease") }
      : {};
    // Both refusals of ignore_value: a value given with it, and a key that is not there.
    const value = "ignore_value" in ignoring && this.#prng.chance(0.8) ? {} : { value: this.#prng.pick(values) };
    return { key: this.#key(), ...value, ...lease, ...ignoring, ...this.#maybe(0.3, "prev_kv") };
  }

  #range(atRevisions = this.#abilities.history): JsonObject {
    const { history, sorting, serializable, refusals } = this.#abilities;
    return {
      ...this.#interval(0.7),
      ...(this.#prng.chance(0.4)
        ? { limit: this.#prng.chance(0.05) ? this.#prng.pick(extremes) : this.#prng.int(refusals ? -1 : 0, 4) }
        : {}),
      ...(atRevisions && this.#prng.chance(0.3) ? { revision: this.#revision() } : {}),
      ...(sorting && this.#prng.chance(0.3) ? this.#sort() : {}),
      ...(history && this.#prng.chance(0.15) ? this.#bounds() : {}),
      ...(serializable ? this.#maybe(0.2, "serializable") : {}),
      ...this.#maybe(0.15, "keys_only"),
      ...this.#maybe(0.15, "count_only"),
    };
  }

  #deleteRange(): JsonObject {
    return { ...this.#interval(0.4), ...this.#maybe(0.4, "prev_kv") };
  }

  #txn(depth: number): JsonObject {
    const operations = (max: number): Json[] => this.#times(this.#prng.int(0, max), () => this.#inTxn(depth));
    return {
      compare: this.#times(this.#prng.int(0, 2), () => this.#compare()),
      success: operations(3),
      failure: operations(2),
    };
  }

  #inTxn(depth: number): JsonObject {
    if (depth > 1 && this.#prng.chance(0.15)) return { request_txn: this.#txn(depth - 1) };
    if (this.#abilities.refusals && this.#prng.chance(0.02)) return {};
    const { history, historyInTxn } = this.#abilities;
    // further in, etcd 3.4.23 dies of a range that is refused
    const atRevisions = history && historyInTxn && depth === depthMax;
    return this.#prng.pick([
      (): JsonObject => ({ request_put: this.#put() }),
      (): JsonObject => ({ request_put: this.#put() }),
      (): JsonObject => ({ request_range: this.#range(atRevisions) }),
      (): JsonObject => ({ request_delete_range: this.#deleteRange() }),
    ])();
  }

  #compare(): JsonObject {
    const target = this.#prng.pick(["VERSION", "CREATE", "MOD", "VALUE", ...(this.#abilities.leases ? ["LEASE"] : [])]);
    const operand = (): JsonObject => {
      switch (target) {
        case "VERSION":
          return { version: this.#prng.int(0, 3) };
        case "CREATE":
          return { create_revision: this.#prng.chance(0.4) ? 0 : this.#revision() };
        case "MOD":
          return { mod_revision: this.#prng.chance(0.3) ? 0 : this.#revision() };
        case "LEASE":
          return { lease: this.#prng.pick([0, ...leaseIds]) };
        default:
          return { value: this.#prng.pick(values) };
      }
    };
    return {
      ...this.#interval(0.2),
      target,
      result: this.#prng.pick(["EQUAL", "GREATER", "LESS", "NOT_EQUAL"]),
      ...operand(),
    };
  }

  #compact(): JsonObject {
    return { revision: this.#revision(), ...this.#maybe(0.3, "physical") };
  }

  #lease(): Request {
    const id = this.#prng.pick(leaseIds);
    return this.#prng.pick([
      // Far longer than any run: nothing ends by itself. Up to the longest there may be, and one that is too long.
      (): Request => ({ path: "/v3/lease/grant", body: { ...(id > 0 ? { ID: id } : {}), TTL: 1000 } }),
      (): Request => ({
        path: "/v3/lease/grant",
        body: { ...(id > 0 ? { ID: id } : {}), TTL: this.#prng.pick(this.#abilities.refusals ? [2000, 9e9, 9e9 + 1] : [2000]) },
      }),
      (): Request => ({ path: "/v3/lease/revoke", body: { ID: id } }),
      (): Request => ({ path: "/v3/lease/timetolive", body: { ID: id, ...this.#maybe(0.7, "keys") } }),
      (): Request => ({ path: "/v3/lease/leases", body: {} }),
    ])();
  }

  /** None that turns an alarm on: what is refused then has an order of its own in etcd, and stays refused for the runs that follow. */
  #administer(): Request {
    const alarm = (body: JsonObject): Request => ({ path: "/v3/maintenance/alarm", body });
    const member = { memberID: this.#prng.pick(["7", "8"]) };
    const noMember = { ID: "77" };
    return this.#prng.pick([
      (): Request =>
        alarm({ action: "GET", ...(this.#prng.chance(0.5) ? { alarm: this.#prng.pick(["NOSPACE", "CORRUPT"]) } : {}) }),
      (): Request => alarm({ action: "DEACTIVATE", alarm: "NOSPACE", ...member }),
      (): Request => ({ path: "/v3/cluster/member/remove", body: noMember }),
      (): Request => ({ path: "/v3/cluster/member/update", body: { ...noMember, peerURLs: ["http://n4:2380"] } }),
      (): Request => ({ path: "/v3/cluster/member/promote", body: noMember }),
    ])();
  }

  #sort(): JsonObject {
    const order = this.#prng.pick<Json>(["NONE", "ASCEND", "DESCEND", 1, 2]);
    return { sort_order: order, sort_target: this.#prng.pick<Json>(["KEY", "VERSION", "CREATE", "MOD", "VALUE", 0, 3]) };
  }

  #bounds(): JsonObject {
    const names = ["min_mod_revision", "max_mod_revision", "min_create_revision", "max_create_revision"];
    return { [this.#prng.pick(names)]: this.#revision(), [this.#prng.pick(names)]: this.#revision() };
  }

  #interval(wide: number): JsonObject {
    return { key: this.#key(), ...(this.#prng.chance(wide) ? { range_end: this.#prng.pick(rangeEnds) } : {}) };
  }

  #key(): string {
    if (this.#abilities.refusals && this.#prng.chance(0.01)) return "";
    return this.#prng.chance(0.03) ? "\0" : this.#prng.pick(keys);
  }

  /** Mostly one that was; sometimes one that is still to come. */
  #revision(): number | string {
    if (this.#prng.chance(0.03)) return this.#prng.pick(extremes);
    return this.#prng.int(1, this.#prng.chance(0.1) ? this.#revisions + 50 : this.#revisions);
  }

  #maybe(probability: number, flag: string): JsonObject {
    return this.#prng.chance(probability) ? { [flag]: true } : {};
  }

  #times<T>(count: number, make: () => T): T[] {
    return Array.from({ length: count }, make);
  }
}
