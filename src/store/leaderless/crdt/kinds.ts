import type { DataTypeName } from "../api.js";
import { counter } from "./counter.js";
import type { DataType } from "./data-type.js";
import { gset } from "./gset.js";
import { hll } from "./hll.js";
import { map } from "./map.js";
import { set } from "./set.js";

/** All data types that a bucket type can name. Flags and registers are in maps only, see map.ts. */
export const dataTypes: Readonly<Record<DataTypeName, DataType>> = { counter, set, map, hll, gset };

const all = Object.values(dataTypes);

export function dataTypeOfTag(tag: number): DataType | undefined {
  return all.find((type) => type.tag === tag);
}

/** Whether an object with this content type holds a data type, whose replicas merge instead of being siblings. */
export function isDataType(contentType: string | undefined): boolean {
  return all.some((type) => type.contentType === contentType);
}
