import {
  bool,
  enumeration,
  int64,
  bytes,
  key,
  message,
  nested,
  optional,
  repeated,
  required,
  sint64,
  uint32,
} from "../wire/schema.js";

/**
 * Messages about objects, as riak_kv.proto has them. Names of buckets, keys and indexes are any bytes (latin1 texts here); contexts and values
 * are bytes. https://docs.riak.com/riak/kv/2.2.3/developing/api/protocol-buffers/
 */

const RpbPair = message("RpbPair", { key: required(key(1)), value: optional(key(2)) });

const RpbLink = message("RpbLink", { bucket: optional(key(1)), key: optional(key(2)), tag: optional(key(3)) });

export const RpbContent = message("RpbContent", {
  value: required(bytes(1)),
  contentType: optional(key(2)),
  charset: optional(key(3)),
  contentEncoding: optional(key(4)),
  vtag: optional(key(5)),
  links: repeated(nested(6, RpbLink)),
  lastMod: optional(uint32(7)),
  lastModUsecs: optional(uint32(8)),
  usermeta: repeated(nested(9, RpbPair)),
  indexes: repeated(nested(10, RpbPair)),
  deleted: optional(bool(11)),
});

export const RpbGetReq = message("RpbGetReq", {
  bucket: required(key(1)),
  key: required(key(2)),
  r: optional(uint32(3)),
  pr: optional(uint32(4)),
  basicQuorum: optional(bool(5)),
  notfoundOk: optional(bool(6)),
  ifModified: optional(bytes(7)),
  head: optional(bool(8)),
  deletedvclock: optional(bool(9)),
  timeout: optional(uint32(10)),
  sloppyQuorum: optional(bool(11)),
  nVal: optional(uint32(12)),
  type: optional(key(13)),
});

export const RpbGetResp = message("RpbGetResp", {
  content: repeated(nested(1, RpbContent)),
  vclock: optional(bytes(2)),
  unchanged: optional(bool(3)),
});

export const RpbPutReq = message("RpbPutReq", {
  bucket: required(key(1)),
  key: optional(key(2)),
  vclock: optional(bytes(3)),
  content: required(nested(4, RpbContent)),
  w: optional(uint32(5)),
  dw: optional(uint32(6)),
  returnBody: optional(bool(7)),
  pw: optional(uint32(8)),
  ifNotModified: optional(bool(9)),
  ifNoneMatch: optional(bool(10)),
  returnHead: optional(bool(11)),
  timeout: optional(uint32(12)),
  asis: optional(bool(13)),
  sloppyQuorum: optional(bool(14)),
  nVal: optional(uint32(15)),
  type: optional(key(16)),
});

export const RpbPutResp = message("RpbPutResp", {
  content: repeated(nested(1, RpbContent)),
  vclock: optional(bytes(2)),
  key: optional(key(3)),
});

export const RpbDelReq = message("RpbDelReq", {
  bucket: required(key(1)),
  key: required(key(2)),
  rw: optional(uint32(3)),
  vclock: optional(bytes(4)),
  r: optional(uint32(5)),
  w: optional(uint32(6)),
  pr: optional(uint32(7)),
  pw: optional(uint32(8)),
  dw: optional(uint32(9)),
  timeout: optional(uint32(10)),
  sloppyQuorum: optional(bool(11)),
  nVal: optional(uint32(12)),
  type: optional(key(13)),
});

export const RpbListBucketsReq = message("RpbListBucketsReq", {
  timeout: optional(uint32(1)),
  stream: optional(bool(2)),
  type: optional(key(3)),
});

export const RpbListBucketsResp = message("RpbListBucketsResp", { buckets: repeated(key(1)), done: optional(bool(2)) });

export const RpbListKeysReq = message("RpbListKeysReq", {
  bucket: required(key(1)),
  timeout: optional(uint32(2)),
  type: optional(key(3)),
});

export const RpbListKeysResp = message("RpbListKeysResp", { keys: repeated(key(1)), done: optional(bool(2)) });

const indexQueryType = enumeration("eq", "range");

export const RpbIndexReq = message("RpbIndexReq", {
  bucket: required(key(1)),
  index: required(key(2)),
  qtype: required(indexQueryType(3)),
  key: optional(key(4)),
  rangeMin: optional(key(5)),
  rangeMax: optional(key(6)),
  returnTerms: optional(bool(7)),
  stream: optional(bool(8)),
  maxResults: optional(uint32(9)),
  continuation: optional(key(10)),
  timeout: optional(uint32(11)),
  type: optional(key(12)),
  termRegex: optional(key(13)),
  paginationSort: optional(bool(14)),
  coverContext: optional(bytes(15)),
  returnBody: optional(bool(16)),
});

export const RpbIndexResp = message("RpbIndexResp", {
  keys: repeated(key(1)),
  results: repeated(nested(2, RpbPair)),
  continuation: optional(key(3)),
  done: optional(bool(4)),
});

export const RpbCounterUpdateReq = message("RpbCounterUpdateReq", {
  bucket: required(key(1)),
  key: required(key(2)),
  amount: required(sint64(3)),
  w: optional(uint32(4)),
  dw: optional(uint32(5)),
  pw: optional(uint32(6)),
  returnvalue: optional(bool(7)),
});

export const RpbCounterUpdateResp = message("RpbCounterUpdateResp", { value: optional(sint64(1)) });

export const RpbCounterGetReq = message("RpbCounterGetReq", {
  bucket: required(key(1)),
  key: required(key(2)),
  r: optional(uint32(3)),
  pr: optional(uint32(4)),
  basicQuorum: optional(bool(5)),
  notfoundOk: optional(bool(6)),
});

export const RpbCounterGetResp = message("RpbCounterGetResp", { value: optional(sint64(1)) });

export const RpbGetBucketKeyPreflistReq = message("RpbGetBucketKeyPreflistReq", {
  bucket: required(key(1)),
  key: required(key(2)),
  type: optional(key(3)),
});

const RpbBucketKeyPreflistItem = message("RpbBucketKeyPreflistItem", {
  partition: required(int64(1)),
  node: required(key(2)),
  primary: required(bool(3)),
});

export const RpbGetBucketKeyPreflistResp = message("RpbGetBucketKeyPreflistResp", {
  preflist: repeated(nested(1, RpbBucketKeyPreflistItem)),
});
