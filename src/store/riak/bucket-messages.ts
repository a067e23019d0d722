import { bool, bytes, enumeration, key, message, nested, optional, repeated, required, uint32 } from "../wire/schema.js";

/** Messages about buckets, bucket types and the server, as riak.proto has them. */

export const RpbErrorResp = message("RpbErrorResp", { errmsg: required(key(1)), errcode: required(uint32(2)) });

export const RpbGetClientIdResp = message("RpbGetClientIdResp", { clientId: required(bytes(1)) });
export const RpbSetClientIdReq = message("RpbSetClientIdReq", { clientId: required(bytes(1)) });

export const RpbGetServerInfoResp = message("RpbGetServerInfoResp", {
  node: optional(key(1)),
  serverVersion: optional(key(2)),
});

const RpbModFun = message("RpbModFun", { module: required(key(1)), function: required(key(2)) });

const RpbCommitHook = message("RpbCommitHook", { modfun: optional(nested(1, RpbModFun)), name: optional(key(2)) });

const replMode = enumeration("FALSE", "REALTIME", "FULLSYNC", "TRUE");

export const RpbBucketProps = message("RpbBucketProps", {
  nVal: optional(uint32(1)),
  allowMult: optional(bool(2)),
  lastWriteWins: optional(bool(3)),
  precommit: repeated(nested(4, RpbCommitHook)),
  hasPrecommit: optional(bool(5)),
  postcommit: repeated(nested(6, RpbCommitHook)),
  hasPostcommit: optional(bool(7)),
  chashKeyfun: optional(nested(8, RpbModFun)),
  linkfun: optional(nested(9, RpbModFun)),
  oldVclock: optional(uint32(10)),
  youngVclock: optional(uint32(11)),
  bigVclock: optional(uint32(12)),
  smallVclock: optional(uint32(13)),
  pr: optional(uint32(14)),
  r: optional(uint32(15)),
  w: optional(uint32(16)),
  pw: optional(uint32(17)),
  dw: optional(uint32(18)),
  rw: optional(uint32(19)),
  basicQuorum: optional(bool(20)),
  notfoundOk: optional(bool(21)),
  backend: optional(key(22)),
  search: optional(bool(23)),
  repl: optional(replMode(24)),
  searchIndex: optional(key(25)),
  datatype: optional(key(26)),
  consistent: optional(bool(27)),
  writeOnce: optional(bool(28)),
  hllPrecision: optional(uint32(29)),
});

export const RpbGetBucketReq = message("RpbGetBucketReq", { bucket: required(key(1)), type: optional(key(2)) });
export const RpbGetBucketResp = message("RpbGetBucketResp", { props: required(nested(1, RpbBucketProps)) });

export const RpbSetBucketReq = message("RpbSetBucketReq", {
  bucket: required(key(1)),
  props: required(nested(2, RpbBucketProps)),
  type: optional(key(3)),
});

export const RpbResetBucketReq = message("RpbResetBucketReq", { bucket: required(key(1)), type: optional(key(2)) });
export const RpbGetBucketTypeReq = message("RpbGetBucketTypeReq", { type: required(key(1)) });

export const RpbSetBucketTypeReq = message("RpbSetBucketTypeReq", {
  type: required(key(1)),
  props: required(nested(2, RpbBucketProps)),
});
