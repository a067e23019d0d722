import {
  bool,
  bytes,
  enumeration,
  key,
  message,
  nested,
  optional,
  repeated,
  required,
  sint64,
  uint32,
  uint64,
} from "../wire/schema.js";
import type { Message } from "../wire/schema.js";

/** Messages about data types, as riak_dt.proto has them. Names and elements are any bytes (latin1 texts here). */

const mapFieldType = enumeration("", "COUNTER", "SET", "REGISTER", "FLAG", "MAP");

const MapField = message("MapField", { name: required(key(1)), type: required(mapFieldType(2)) });

export interface MapEntryMessage {
  readonly field: { readonly name: string; readonly type: number };
  readonly counterValue: bigint | undefined;
  readonly setValue: readonly string[];
  readonly registerValue: string | undefined;
  readonly flagValue: boolean | undefined;
  readonly mapValue: readonly MapEntryMessage[];
}

const MapEntry: Message<MapEntryMessage> = message("MapEntry", {
  field: required(nested(1, MapField)),
  counterValue: optional(sint64(2)),
  setValue: repeated(key(3)),
  registerValue: optional(key(4)),
  flagValue: optional(bool(5)),
  mapValue: repeated(nested(6, (): Message<MapEntryMessage> => MapEntry)),
});

export const DtFetchReq = message("DtFetchReq", {
  bucket: required(key(1)),
  key: required(key(2)),
  type: required(key(3)),
  r: optional(uint32(4)),
  pr: optional(uint32(5)),
  basicQuorum: optional(bool(6)),
  notfoundOk: optional(bool(7)),
  timeout: optional(uint32(8)),
  sloppyQuorum: optional(bool(9)),
  nVal: optional(uint32(10)),
  includeContext: optional(bool(11)),
});

const DtValue = message("DtValue", {
  counterValue: optional(sint64(1)),
  setValue: repeated(key(2)),
  mapValue: repeated(nested(3, MapEntry)),
  hllValue: optional(uint64(4)),
  gsetValue: repeated(key(5)),
});

const dataType = enumeration("", "COUNTER", "SET", "MAP", "HLL", "GSET");

export const DtFetchResp = message("DtFetchResp", {
  context: optional(bytes(1)),
  type: required(dataType(2)),
  value: optional(nested(3, DtValue)),
});

const CounterOp = message("CounterOp", { increment: optional(sint64(1)) });
const SetOp = message("SetOp", { adds: repeated(key(1)), removes: repeated(key(2)) });
const GSetOp = message("GSetOp", { adds: repeated(key(1)) });
const HllOp = message("HllOp", { adds: repeated(key(1)) });

const flagOp = enumeration("", "ENABLE", "DISABLE");

export interface MapOpMessage {
  readonly removes: readonly { readonly name: string; readonly type: number }[];
  readonly updates: readonly MapUpdateMessage[];
}

export interface MapUpdateMessage {
  readonly field: { readonly name: string; readonly type: number };
  readonly counterOp: { readonly increment: bigint | undefined } | undefined;
  readonly setOp: { readonly adds: readonly string[]; readonly removes: readonly string[] } | undefined;
  readonly registerOp: string | undefined;
  readonly flagOp: number | undefined;
  readonly mapOp: MapOpMessage | undefined;
}

const MapUpdate: Message<MapUpdateMessage> = message("MapUpdate", {
  field: required(nested(1, MapField)),
  counterOp: optional(nested(2, CounterOp)),
  setOp: optional(nested(3, SetOp)),
  registerOp: optional(key(4)),
  flagOp: optional(flagOp(5)),
  mapOp: optional(nested(6, (): Message<MapOpMessage> => MapOp)),
});

const MapOp: Message<MapOpMessage> = message("MapOp", {
  removes: repeated(nested(1, MapField)),
  updates: repeated(nested(2, MapUpdate)),
});

const DtOp = message("DtOp", {
  counterOp: optional(nested(1, CounterOp)),
  setOp: optional(nested(2, SetOp)),
  mapOp: optional(nested(3, MapOp)),
  hllOp: optional(nested(4, HllOp)),
  gsetOp: optional(nested(5, GSetOp)),
});

export const DtUpdateReq = message("DtUpdateReq", {
  bucket: required(key(1)),
  key: optional(key(2)),
  type: required(key(3)),
  context: optional(bytes(4)),
  op: required(nested(5, DtOp)),
  w: optional(uint32(6)),
  dw: optional(uint32(7)),
  pw: optional(uint32(8)),
  returnBody: optional(bool(9)),
  timeout: optional(uint32(10)),
  sloppyQuorum: optional(bool(11)),
  nVal: optional(uint32(12)),
  includeContext: optional(bool(13)),
});

export const DtUpdateResp = message("DtUpdateResp", {
  key: optional(key(1)),
  context: optional(bytes(2)),
  counterValue: optional(sint64(3)),
  setValue: repeated(key(4)),
  mapValue: repeated(nested(5, MapEntry)),
  hllValue: optional(uint64(6)),
  gsetValue: repeated(key(7)),
});
