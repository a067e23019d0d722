// Shows that messages are written as etcd's JSON gateway writes them, byte for byte against answers recorded from etcd 3.4.23, that requests are read in all the spellings it takes, and that nonsense is refused with one sentence.
import { describe, expect, it } from "vitest";
import { decode } from "../../../src/store/wire/decode.js";
import { encode } from "../../../src/store/wire/encode.js";
import { fromJson, toJson } from "../../../src/store/wire/json.js";
import { messages as m } from "../../../src/store/wire/messages.js";
import type { Message } from "../../../src/store/wire/schema.js";

const header = `"header":{"cluster_id":"13455796455940752355","member_id":"443629905751424238","revision":"6","raft_term":"2"}`;

/** What etcd 3.4.23 answered; its header's numbers alone are made equal. */
const recorded: readonly (readonly [string, Message<object>, string])[] = [
  ["put", m.PutResponse, `{${header}}`],
  [
    "put with what was there",
    m.PutResponse,
    `{${header},"prev_kv":{"key":"aw==","create_revision":"2","mod_revision":"2","version":"1","value":"dg=="}}`,
  ],
  [
    "range",
    m.RangeResponse,
    `{${header},"kvs":[{"key":"/+8=","create_revision":"4","mod_revision":"4","version":"1","value":"dw=="},{"key":"aw==","create_revision":"2","mod_revision":"3","version":"2","value":"dw=="}],"count":"2"}`,
  ],
  [
    "range of keys only, cut off",
    m.RangeResponse,
    `{${header},"kvs":[{"key":"aw==","create_revision":"2","mod_revision":"3","version":"2"}],"more":true,"count":"2"}`,
  ],
  [
    "transaction",
    m.TxnResponse,
    `{${header},"succeeded":true,"responses":[{"response_put":{"header":{"revision":"5"}}},{"response_range":{"header":{"revision":"5"},"kvs":[{"key":"aw==","create_revision":"2","mod_revision":"5","version":"3","value":"eA=="}],"count":"1"}}]}`,
  ],
  [
    "transaction that failed",
    m.TxnResponse,
    `{${header},"responses":[{"response_delete_range":{"header":{"revision":"6"},"deleted":"2","prev_kvs":[{"key":"aw==","create_revision":"2","mod_revision":"5","version":"3","value":"eA=="},{"key":"/+8=","create_revision":"4","mod_revision":"4","version":"1","value":"dw=="}]}}]}`,
  ],
  ["lease", m.LeaseGrantResponse, `{${header},"ID":"7587","TTL":"10"}`],
  ["time to live", m.LeaseTimeToLiveResponse, `{${header},"ID":"7587","TTL":"9","grantedTTL":"10"}`],
  ["leases", m.LeaseLeasesResponse, `{${header},"leases":[{"ID":"7587"}]}`],
  [
    "members",
    m.MemberListResponse,
    `{"header":{"cluster_id":"13455796455940752355","member_id":"443629905751424238","raft_term":"2"},"members":[{"ID":"443629905751424238","name":"default","peerURLs":["http://127.0.0.1:32380"],"clientURLs":["http://127.0.0.1:32379"]}]}`,
  ],
  [
    "status",
    m.StatusResponse,
    `{${header},"version":"3.4.23","dbSize":"20480","leader":"443629905751424238","raftIndex":"10","raftTerm":"2","raftAppliedIndex":"10","dbSizeInUse":"16384"}`,
  ],
  ["no alarms", m.AlarmResponse, `{}`],
  ["hash", m.HashResponse, `{${header},"hash":409061383}`],
  ["role", m.AuthRoleGetResponse, `{${header},"perm":[{"permType":"READWRITE","key":"aw==","range_end":"AA=="}]}`],
  ["users", m.AuthUserListResponse, `{${header},"users":["bob"]}`],
];

describe("as etcd writes it", () => {
  it.each(recorded)("%s", (_, message, text) => {
    const read = fromJson(message, text);
    expect(toJson(message, read)).toBe(text);
    // nothing of it was passed over: the same goes through the wire's format
    expect(toJson(message, decode(message, encode(message, read)))).toBe(text);
  });
});

const { RangeRequest, PutRequest, TxnRequest, LeaseGrantRequest, AuthRoleGrantPermissionRequest } = m;

describe("as clients write it", () => {
  it.each<[string, Message<object>, string, object]>([
    ["nothing", RangeRequest, "", RangeRequest.zero],
    ["white space", RangeRequest, " \n", RangeRequest.zero],
    ["null, and more", RangeRequest, "null {", RangeRequest.zero],
    ["more behind the object", RangeRequest, `{"key":"aw==","x":{"}\\"}":1}} {"limit":1}`, { ...RangeRequest.zero, key: "k" }],
    ["base64 with a line's end", PutRequest, `{"key":"aw==\\n"}`, { ...PutRequest.zero, key: "k" }],
    ["64-bit numbers as texts", RangeRequest, `{"limit":"10"}`, { ...RangeRequest.zero, limit: 10 }],
    ["and as numbers", RangeRequest, `{"limit":10}`, { ...RangeRequest.zero, limit: 10 }],
    ["camelCase", RangeRequest, `{"rangeEnd":"AA==","keysOnly":true}`, { ...RangeRequest.zero, rangeEnd: "\0", keysOnly: true }],
    [
      "enums by name and by number",
      RangeRequest,
      `{"sort_order":"DESCEND","sort_target":3}`,
      { ...RangeRequest.zero, sortOrder: 2, sortTarget: 3 },
    ],
    ["the other alphabet, no padding", PutRequest, `{"key":"_w"}`, { ...PutRequest.zero, key: "\xff" }],
    ["null and unknown fields", PutRequest, `{"key":null,"colour":1}`, PutRequest.zero],
    ["ids of all 64 bits", PutRequest, `{"lease":"-9223372036854775808"}`, { ...PutRequest.zero, lease: -(2n ** 63n) }],
    ["names in capitals", LeaseGrantRequest, `{"TTL":"5","ID":7}`, { ttl: 5, id: 7n }],
    [
      "a permission",
      AuthRoleGrantPermissionRequest,
      `{"name":"r","perm":{"permType":"WRITE","key":"aw=="}}`,
      { name: "r", perm: { permType: 1, key: "k", rangeEnd: "" } },
    ],
  ])("%s", (_, message, text, expected) => expect(fromJson(message, text)).toEqual(expected));

  it("members of oneofs stand flat, and zero is told from absent", () => {
    const [compare] = fromJson(TxnRequest, `{"compare":[{"target":"VERSION","key":"aw==","version":"0"}]}`).compare;
    expect(compare).toEqual({ ...m.Compare.zero, key: "k", version: 0 });
    expect(toJson(TxnRequest, { compare: compare === undefined ? [] : [compare] })).toBe(
      `{"compare":[{"key":"aw==","version":"0"}]}`,
    );
  });

  it.each([
    [`"9223372036854775807"`, Number.MAX_SAFE_INTEGER],
    [`9223372036854775807`, Number.MAX_SAFE_INTEGER],
    [`"-9223372036854775808"`, Number.MIN_SAFE_INTEGER],
    [`"9007199254740993"`, Number.MAX_SAFE_INTEGER],
    [`"9007199254740990"`, 9007199254740990],
  ])("a revision beyond 2^53 is read as the last whole number before it: %s", (text, revision) => {
    expect(fromJson(RangeRequest, `{"revision":${text}}`).revision).toBe(revision);
  });

  it.each<[string, Message<object>, string, RegExp]>([
    ["no JSON", PutRequest, "[", /not JSON/],
    ["an object that does not end", PutRequest, `{"key":"aw=="`, /not JSON/],
    ["a broken object before more", PutRequest, `{"key":} {}`, /not JSON/],
    ["no object", PutRequest, "[]", /not a JSON object/],
    ["no base64", PutRequest, `{"key":"*"}`, /"key" is not base64/],
    ["base64 of six bits", PutRequest, `{"key":"Y"}`, /"key" is not base64/],
    ["too little padding", PutRequest, `{"key":"aw="}`, /"key" is not base64/],
    ["padding alone", PutRequest, `{"key":"=="}`, /"key" is not base64/],
    ["bytes by number", PutRequest, `{"key":7}`, /"key" is not base64/],
    ["a flag as text", RangeRequest, `{"count_only":"yes"}`, /"count_only" must be true or false/],
    ["a broken number", RangeRequest, `{"limit":1.5}`, /"limit" must be a whole number/],
    ["a text for a number", RangeRequest, `{"limit":"x"}`, /"limit" must be a whole number/],
    [
      "a number beyond 64 bits",
      RangeRequest,
      `{"revision":"9223372036854775808"}`,
      /"revision" must be a whole number of type int64/,
    ],
    ["an id beyond 64 bits", PutRequest, `{"lease":"9223372036854775808"}`, /does not fit into 64 bits/],
    ["a name of no enum", RangeRequest, `{"sort_order":"UP"}`, /"sort_order" is none of NONE, ASCEND, DESCEND/],
    [
      "messages nested without end",
      TxnRequest,
      `{"success":[{"request_txn":`.repeat(60) + "{}" + "}]}".repeat(60),
      /nested more than 100 deep/,
    ],
    ["no list", TxnRequest, `{"compare":{}}`, /"compare" is not a list/],
    ["a name that is no text", m.AuthUserGetRequest, `{"name":1}`, /"name" must be a text/],
  ])("refuses %s", (_, message, text, why) => expect(() => fromJson(message, text)).toThrow(why));
});
