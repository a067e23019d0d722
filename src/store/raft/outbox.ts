import type { DropReason, Entry, Message, RaftEvent, Snapshot } from "./types.js";

/** Effects while a step collects them. */
export interface Outbox {
  send: Message[];
  sendAfterPersist: Message[];
  restore: Snapshot | undefined;
  compacted: Snapshot | undefined;
  apply: Entry[];
  reads: { id: number; index: number }[];
  proposed: { id: number; index: number; term: number }[];
  dropped: { id: number; reason: DropReason }[];
  events: RaftEvent[];
}

export function emptyOutbox(): Outbox {
  return {
    send: [],
    sendAfterPersist: [],
    restore: undefined,
    compacted: undefined,
    apply: [],
    reads: [],
    proposed: [],
    dropped: [],
    events: [],
  };
}
