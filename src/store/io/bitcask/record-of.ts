import { readHead, readRecord, type LogRecord, type Seal } from "../../bitcask/record-format.js";
import type { Place } from "../../leaderless/storage.js";

/** The record of this key; an error sentence where `bytes` are none, or another's. */
export function recordOf(bytes: Buffer, place: Place, key: string, seal: Seal): LogRecord | string {
  const head = readHead(bytes, seal);
  const record = head === undefined ? undefined : readRecord(bytes, head, seal);
  if (record === undefined) return "the checksum of a copy is wrong";
  if (record.kind === "put" && record.key === key && samePlace(record.place, place)) return record;
  return "another record stands where a copy should be";
}

function samePlace(a: Place, b: Place): boolean {
  if (a.partition !== b.partition || a.n !== b.n) return false;
  return a.kind === "hint" ? b.kind === "hint" && a.member === b.member : b.kind === "home";
}
