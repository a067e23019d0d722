// Shows that our bytes of every message of Riak's are protobuf's: protobufjs, reading the protos that npm basho-riak-client ships, is the twin in both directions.
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import protobuf from "protobufjs";
import { expect, it } from "vitest";
import { decode } from "../../../src/store/wire/decode.js";
import { encode } from "../../../src/store/wire/encode.js";
import type { Message } from "../../../src/store/wire/schema.js";
import * as buckets from "../../../src/store/riak/bucket-messages.js";
import * as dataTypes from "../../../src/store/riak/data-type-messages.js";
import * as objects from "../../../src/store/riak/object-messages.js";
import { describeBesideProtobufjs } from "../../support/protobuf-twin.js";

const protos = join(
  dirname(createRequire(import.meta.url).resolve("basho-riak-client/package.json")),
  "lib/protobuf/riak_pb/src",
);
const root = new protobuf.Root();
root.resolvePath = (_origin, target) => join(protos, target.replace(/^.*\//, ""));
root.loadSync(["riak.proto", "riak_kv.proto", "riak_dt.proto"], { keepCase: true });

const table = Object.values({ ...buckets, ...dataTypes, ...objects }) as unknown as readonly Message<object>[];
describeBesideProtobufjs(table, { root });

it("refuses a message without a field that is required", () => {
  expect(() => decode(objects.RpbGetReq, Buffer.from("0a0162", "hex"))).toThrow("RpbGetReq.key is missing");
  // one that is there and empty is there
  expect(decode(objects.RpbGetReq, Buffer.from("0a01621200", "hex"))).toMatchObject({ bucket: "b", key: "" });
});

it.each([
  [0n, "00"],
  [-1n, "01"],
  [1n, "02"],
  [-(2n ** 31n), "ffffffff0f"],
  [2n ** 31n, "8080808010"],
  [2n ** 53n + 1n, "8280808080808020"],
  [2n ** 63n - 1n, "feffffffffffffffff01"],
  [-(2n ** 63n), "ffffffffffffffffff01"],
])("writes and reads %s as zigzag", (value, hex) => {
  const bytes = encode(objects.RpbCounterGetResp, { value });
  expect(bytes.toString("hex")).toBe(`08${hex}`);
  expect(decode(objects.RpbCounterGetResp, bytes)).toEqual({ value });
});
