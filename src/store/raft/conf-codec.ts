/**
 * How a change of configuration stands in the log: a count (u16), for each step its kind (u8) and member (u32), then the host's
 * context to the end. All numbers are big-endian.
 */
import { invariant } from "../../core/invariant.js";
import type { ConfChange } from "./types.js";

const kinds = ["addVoter", "addLearner", "remove"] as const;
const stepBytes = 5;

export function encodeConfChange(change: ConfChange): Uint8Array {
  const headBytes = 2 + change.changes.length * stepBytes;
  const data = new Uint8Array(headBytes + change.context.length);
  const view = new DataView(data.buffer);
  view.setUint16(0, change.changes.length);
  change.changes.forEach(({ kind, member }, i) => {
    view.setUint8(2 + i * stepBytes, kinds.indexOf(kind));
    view.setUint32(3 + i * stepBytes, member);
  });
  data.set(change.context, headBytes);
  return data;
}

/** The change in an {@link Entry} of kind `conf`. */
export function decodeConfChange(data: Uint8Array): ConfChange {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const count = view.getUint16(0);
  const changes = Array.from({ length: count }, (_, i) => {
    const kind = kinds[view.getUint8(2 + i * stepBytes)];
    invariant(kind !== undefined, "a conf entry names a kind of change that does not exist");
    return { kind, member: view.getUint32(3 + i * stepBytes) };
  });
  return { changes, context: data.slice(2 + count * stepBytes) };
}
