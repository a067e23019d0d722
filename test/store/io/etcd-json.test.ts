// Shows that requests are read and answers written as etcd's JSON gateway does, and that whatever this store cannot do as asked is refused with one sentence.
import { describe, expect, it } from "vitest";
import { Kv } from "../../../src/store/kv.js";
import * as etcd from "../../../src/store/io/etcd-json.js";

const base64 = (text: string): string => Buffer.from(text).toString("base64");
const header = { cluster: "11", member: "1", revision: 5, term: 2 };
const pair = { key: "k\xff", value: Buffer.from("v"), createRevision: 2, modRevision: 5, version: 3 };

describe("requests", () => {
  it("a put carries its key and value as they are", () => {
    const kv = new Kv();
    const { command, wantPrevious } = etcd.parsePut(JSON.stringify({ key: "/wA=", value: base64("vé"), prev_kv: true }));
    kv.apply(command);
    const [stored] = kv.range({ key: "\xff\0", rangeEnd: "", limit: 0, countOnly: false }).kvs;
    expect([stored?.value, wantPrevious]).toEqual([Buffer.from("vé"), true]);
  });

  it.each<[string, unknown, Partial<etcd.EtcdRange>]>([
    [
      "defaults",
      { key: base64("a") },
      { key: "a", rangeEnd: "", limit: 0, countOnly: false, keysOnly: false, serializable: false },
    ],
    ["64-bit numbers as texts", { key: base64("a"), limit: "10" }, { limit: 10 }],
    ["and as numbers", { key: base64("a"), limit: 10 }, { limit: 10 }],
    ["camelCase", { key: base64("a"), rangeEnd: base64("b"), countOnly: true }, { rangeEnd: "b", countOnly: true }],
    ["the other alphabet, no padding", { key: "_w" }, { key: "\xff" }],
    ["fields at their default", { key: base64("a"), revision: "0", sort_order: "NONE", sort_target: "KEY" }, { key: "a" }],
  ])("a range: %s", (_, body, expected) => expect(etcd.parseRange(JSON.stringify(body))).toMatchObject(expected));

  it.each<[string, () => unknown, RegExp]>([
    ["no JSON", () => etcd.parsePut("{"), /not JSON/],
    ["no object", () => etcd.parsePut("[]"), /not a JSON object/],
    ["no key", () => etcd.parsePut(`{"value":"dg=="}`), /key is not provided/],
    ["no base64", () => etcd.parsePut(`{"key":"*"}`), /"key" is not base64/],
    ["a key that is no text", () => etcd.parsePut(`{"key":7}`), /"key" is not base64/],
    ["a lease", () => etcd.parsePut(`{"key":"aw==","lease":"7"}`), /"lease": "7" is not supported/],
    ["an old revision", () => etcd.parseRange(`{"key":"aw==","revision":"3"}`), /"revision": "3" is not supported/],
    ["another order", () => etcd.parseRange(`{"key":"aw==","sort_order":"DESCEND"}`), /not supported/],
    ["a field of nobody's", () => etcd.parseRange(`{"key":"aw==","colour":1}`), /unknown field "colour"/],
    ["a broken limit", () => etcd.parseRange(`{"key":"aw==","limit":-1}`), /"limit" must be a whole number/],
    ["a broken flag", () => etcd.parseRange(`{"key":"aw==","count_only":"yes"}`), /"count_only" must be true or false/],
    ["no URL", () => etcd.parseMemberAdd(`{"peerURLs":["n4"]}`), /one URL/],
    ["no member", () => etcd.parseMemberId(`{}`, "remove"), /number of a member/],
  ])("refuses %s", (_, parse, message) => expect(parse).toThrow(message));

  it("a new member's URL says where it is", () => {
    expect(etcd.parseMemberAdd(`{"peerURLs":["http://n4:2380"],"isLearner":true}`)).toEqual({
      kind: "add",
      name: "n4",
      host: "n4",
      peerPort: 2380,
      isLearner: true,
    });
    expect(etcd.parseMemberId(`{"ID":"4"}`, "promote")).toEqual({ kind: "promote", member: 4 });
  });
});

const shownHeader = { cluster_id: "11", member_id: "1", revision: "5", raft_term: "2" };
const shownPair = { key: "a/8=", create_revision: "2", mod_revision: "5", version: "3", value: "dg==" };

it.each<[string, string, unknown]>([
  ["put", etcd.renderPut(header, []), { header: shownHeader }],
  ["put with what was there", etcd.renderPut(header, [pair]), { header: shownHeader, prev_kv: shownPair }],
  ["delete of nothing", etcd.renderDeleteRange(header, 0, []), { header: shownHeader }],
  ["delete", etcd.renderDeleteRange(header, 1, [pair]), { header: shownHeader, deleted: "1", prev_kvs: [shownPair] }],
  ["empty range", etcd.renderRange(header, { revision: 5, kvs: [], count: 0, more: false }, false), { header: shownHeader }],
  [
    "range",
    etcd.renderRange(header, { revision: 5, kvs: [pair], count: 3, more: true }, false),
    { header: shownHeader, kvs: [shownPair], more: true, count: "3" },
  ],
  [
    "keys only",
    etcd.renderRange(header, { revision: 5, kvs: [pair], count: 1, more: false }, true),
    { header: shownHeader, kvs: [{ key: "a/8=", create_revision: "2", mod_revision: "5", version: "3" }], count: "1" },
  ],
  [
    "members",
    etcd.renderMembers(header, [{ id: 4, name: "n4", peerUrl: "http://n4:2380", isLearner: true }], undefined),
    { header: shownHeader, members: [{ ID: "4", name: "n4", peerURLs: ["http://n4:2380"], isLearner: true }] },
  ],
])("renders: %s", (_, text, expected) => expect(JSON.parse(text)).toEqual(expected));
