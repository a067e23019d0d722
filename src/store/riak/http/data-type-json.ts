import { unreachable } from "../../../core/invariant.js";
import type { DataTypeName } from "../../leaderless/api.js";
import type {
  CounterOp,
  DataTypeOp,
  DataTypeValue,
  FieldKind,
  FieldOp,
  FieldValue,
  MapField,
  MapOp,
  SetOp,
} from "../../leaderless/crdt/operations.js";
import { JsonObject, jsonText } from "./json.js";
import type { Json } from "./json.js";
import { HttpRefusal } from "./message.js";

/** Data types in Riak's JSON. A field of a map has its type in its name: `likes_counter`. https://docs.riak.com/riak/kv/2.2.3/developing/data-types/ */

export function valueJson(value: DataTypeValue | FieldValue): Json {
  switch (value.kind) {
    case "counter":
    case "register":
      return value.value;
    case "flag":
      return value.enabled;
    case "hll":
      return value.cardinality;
    case "set":
    case "gset":
      return value.elements;
    case "map":
      return new JsonObject(value.entries.map(({ name, value: field }) => [`${name}_${field.kind}`, valueJson(field)]));
    default:
      return unreachable(value);
  }
}

/** Throws {@link HttpRefusal} at what is no operation of the type. */
export function operationOf(type: DataTypeName, json: Json): DataTypeOp {
  switch (type) {
    case "counter":
      return counterOf(json);
    case "set":
      return setOf(json);
    case "map":
      return mapOf(json);
    case "hll":
    case "gset":
      return { kind: type, adds: setOf(json, type).adds };
    default:
      return unreachable(type);
  }
}

function counterOf(json: Json): CounterOp {
  const [[name, value] = ["increment", json], ...others] = json instanceof JsonObject ? json.entries : [];
  if (others.length > 0 || (json instanceof JsonObject && json.entries.length === 0)) return refuse("counter", json);
  const amount = value === "increment" ? 1n : value === "decrement" ? -1n : value;
  const increment = name === "decrement" && typeof amount === "bigint" ? -amount : amount;
  if ((name !== "increment" && name !== "decrement") || typeof increment !== "bigint") return refuse("counter", json);
  // what protocol buffers can say as well
  if (BigInt.asIntN(64, increment) !== increment) return refuse("counter", json);
  return { kind: "counter", increment };
}

/** In the order of the members, as far as that matters: what is added after it was removed is there. */
function setOf(json: Json, type: "set" | "gset" | "hll" = "set"): SetOp {
  const adds = new Set<string>();
  const removes = new Set<string>();
  const take = (verb: string, value: Json): void => {
    if (verb === "update" && type === "set") return takeAll(value);
    const [, action, all] = /^(add|remove)(_all)?$/.exec(verb) ?? [];
    const elements = all === undefined ? [value] : listIn(value);
    if (action === undefined || (action === "remove" && type !== "set")) return refuse(type, json);
    for (const element of elements ?? [undefined]) {
      if (typeof element !== "string") return refuse(type, json);
      if (action === "remove") removes.add(element);
      else removes.delete(element);
      if (action === "add") adds.add(element);
    }
  };
  const takeAll = (members: Json): void => {
    for (const each of listIn(members) ?? [members]) {
      if (!(each instanceof JsonObject)) return refuse(type, json);
      for (const [verb, value] of each.entries) take(verb, value);
    }
  };
  takeAll(json);
  return { kind: "set", adds: [...adds], removes: [...removes] };
}

function listIn(json: Json): readonly Json[] | undefined {
  return Array.isArray(json) ? (json as readonly Json[]) : undefined;
}

function mapOf(json: Json): MapOp {
  if (!(json instanceof JsonObject)) return refuse("map", json);
  const removes: MapField[] = [];
  const updates: MapOp["updates"][number][] = [];
  for (const [verb, value] of json.entries) {
    if (verb === "remove") removes.push(...namesIn(value, json).map(fieldOf));
    else if (verb === "update" && value instanceof JsonObject) {
      for (const [field, op] of value.entries) {
        const { kind, name } = fieldOf(field);
        updates.push({ name, op: fieldOpOf(kind, op) });
      }
    } else return refuse("map", json);
  }
  return { kind: "map", removes, updates };
}

function namesIn(value: Json, whole: Json): readonly string[] {
  const names = listIn(value) ?? [value];
  return names.every((name) => typeof name === "string") ? names : refuse("map", whole);
}

const fieldName = /^(.*)_(counter|set|register|flag|map)$/s;

function fieldOf(spelt: string): MapField {
  const [, name, kind] = fieldName.exec(spelt) ?? [];
  if (name === undefined) throw new HttpRefusal(400, `Invalid map field name '${spelt.slice(0, shownMax)}'\n`);
  return { kind: kind as FieldKind, name };
}

function fieldOpOf(kind: FieldKind, json: Json): FieldOp {
  switch (kind) {
    case "counter":
      return counterOf(json);
    case "set":
      return setOf(json);
    case "map":
      return mapOf(json);
    case "flag":
      return json === "enable" || json === "disable" ? { kind, enable: json === "enable" } : refuse(kind, json);
    case "register": {
      const value = json instanceof JsonObject && json.entries.length === 1 ? json.get("assign") : json;
      return typeof value === "string" ? { kind, value } : refuse(kind, json);
    }
    default:
      return unreachable(kind);
  }
}

/** As much of an operation as is worth repeating. */
const shownMax = 200;

function refuse(type: DataTypeName | FieldKind, json: Json): never {
  const shown = Buffer.from(jsonText(json).slice(0, shownMax)).toString("latin1");
  throw new HttpRefusal(400, `Invalid operation on datatype '${type}': ${shown}\n`);
}
