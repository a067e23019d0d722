import type { Store } from "./store.js";

/** The header of every answer. */
export interface ResponseHeader {
  readonly clusterId: bigint;
  readonly memberId: bigint;
  readonly revision: number;
  readonly raftTerm: number;
}

/** Makes headers of the store's state at the time, or of the revision and term that an answer is about. */
export function headersOf(store: Pick<Store, "header">): (revision?: number, term?: number) => ResponseHeader {
  let ids: { readonly clusterId: bigint; readonly memberId: bigint } | undefined;
  return (revision, term) => {
    const header = store.header();
    // neither ever changes
    ids ??= { clusterId: BigInt(header.cluster), memberId: BigInt(header.member) };
    return { ...ids, revision: revision ?? header.revision, raftTerm: term ?? header.term };
  };
}
