import { unreachable } from "../../core/invariant.js";
import type { DataTypeName } from "../leaderless/api.js";
import type { DataTypeOp, DataTypeValue, FieldKind, FieldOp, MapEntry, MapField, MapOp } from "../leaderless/crdt/operations.js";
import type { Given, Message } from "../wire/schema.js";
import { Refusal } from "./call.js";
import type { DtUpdateReq, MapEntryMessage, MapOpMessage, MapUpdateMessage } from "./data-type-messages.js";

type Op = typeof DtUpdateReq extends Message<infer T extends { op: unknown }> ? T["op"] : never;

/** Kinds of fields by their numbers, see MapField.MapFieldType. */
const fieldKinds: readonly (FieldKind | undefined)[] = [undefined, "counter", "set", "register", "flag", "map"];

const typeNumbers: Readonly<Record<DataTypeName, number>> = { counter: 1, set: 2, map: 3, hll: 4, gset: 5 };

/** In DtFetchResp. */
export function dataTypeNumber(name: DataTypeName): number {
  return typeNumbers[name];
}

/** The one operation that is there; of several Riak takes the first. Throws {@link Refusal} at messages that hold none. */
export function operationOf({ counterOp, setOp, mapOp, hllOp, gsetOp }: Op): DataTypeOp {
  if (counterOp !== undefined) return counterOf(counterOp);
  if (setOp !== undefined) return { kind: "set", ...setOp };
  if (mapOp !== undefined) return mapOf(mapOp);
  if (hllOp !== undefined) return { kind: "hll", ...hllOp };
  if (gsetOp !== undefined) return { kind: "gset", ...gsetOp };
  throw new Refusal("DtOp: there is no operation in it");
}

/** Without an amount it is one more. */
function counterOf({ increment }: { readonly increment: bigint | undefined }): Extract<DataTypeOp, { kind: "counter" }> {
  return { kind: "counter", increment: increment ?? 1n };
}

function mapOf({ removes, updates }: MapOpMessage): MapOp {
  return {
    kind: "map",
    removes: removes.map(fieldOf),
    updates: updates.map((update) => ({ name: update.field.name, op: fieldOpOf(update) })),
  };
}

function fieldOf({ name, type }: { readonly name: string; readonly type: number }): MapField {
  const kind = fieldKinds[type];
  if (kind === undefined) throw new Refusal(`MapField: there is no type ${type}`);
  return { kind, name };
}

/** What the field's type asks for; operations of other types are left alone, as Riak does. */
function fieldOpOf(update: MapUpdateMessage): FieldOp {
  const op = fieldOpOrNone(update, fieldOf(update.field).kind);
  if (op === undefined) throw new Refusal("MapUpdate: there is no operation of the field's type in it");
  return op;
}

function fieldOpOrNone(update: MapUpdateMessage, kind: FieldKind): FieldOp | undefined {
  const { counterOp, setOp, registerOp, flagOp, mapOp } = update;
  switch (kind) {
    case "counter":
      return counterOp && counterOf(counterOp);
    case "set":
      return setOp && { kind, ...setOp };
    case "register":
      return registerOp === undefined ? undefined : { kind, value: registerOp };
    case "flag":
      return flagOp === 1 || flagOp === 2 ? { kind, enable: flagOp === 1 } : undefined;
    case "map":
      return mapOp && mapOf(mapOp);
    default:
      return unreachable(kind);
  }
}

/** As DtUpdateResp names it; DtValue has the same fields. */
export interface ValueFields {
  readonly counterValue?: bigint;
  readonly setValue?: readonly string[];
  readonly mapValue?: readonly Given<MapEntryMessage>[];
  readonly hllValue?: number;
  readonly gsetValue?: readonly string[];
}

export function valueFields(value: DataTypeValue): ValueFields {
  switch (value.kind) {
    case "counter":
      return { counterValue: inRange(value.value) };
    case "set":
      return { setValue: value.elements };
    case "map":
      return { mapValue: value.entries.map(entryMessage) };
    case "hll":
      return { hllValue: value.cardinality };
    case "gset":
      return { gsetValue: value.elements };
    default:
      return unreachable(value);
  }
}

function entryMessage({ name, value }: MapEntry): Given<MapEntryMessage> {
  const field = { name, type: fieldKinds.indexOf(value.kind) };
  switch (value.kind) {
    case "counter":
      return { field, counterValue: inRange(value.value) };
    case "set":
      return { field, setValue: value.elements };
    case "register":
      return { field, registerValue: value.value };
    case "flag":
      return { field, flagValue: value.enabled };
    case "map":
      return { field, mapValue: value.entries.map(entryMessage) };
    default:
      return unreachable(value);
  }
}

const int64Max = 2n ** 63n - 1n;
const int64Min = -(2n ** 63n);

/** Sums know no bound, messages do: the nearest that can be said. */
function inRange(value: bigint): bigint {
  return value > int64Max ? int64Max : value < int64Min ? int64Min : value;
}
