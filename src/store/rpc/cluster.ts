import type { MemberChange } from "../ask.js";
import type { MemberView, Store } from "./store.js";
import { parsePeerUrl } from "../peer-url.js";
import { etcdError } from "../wire/errors.js";
import { rpcs } from "../wire/rpcs.js";
import { answering } from "./answering.js";
import type { Answering } from "./answering.js";
import { headersOf } from "./header.js";

/**
 * Members: https://etcd.io/docs/v3.4/op-guide/runtime-configuration/. A list is what this member knows, as in etcd 3.4, whose headers have no
 * revision here. */
export function clusterService(store: Store): readonly Answering[] {
  const header = headersOf(store);
  const members = () => store.members().map(shown);
  const change = async (asked: MemberChange) => {
    await store.changeMembers(asked);
    return { header: header(0), members: members() };
  };
  return [
    answering(rpcs.cluster.memberList, () => Promise.resolve({ header: header(0), members: members() })),
    answering(rpcs.cluster.memberAdd, async ({ peerUrls, isLearner }) => {
      const { peerUrl, address } = addressIn(peerUrls);
      const id = await store.changeMembers({ kind: "add", name: address.host, ...address, isLearner });
      const member = shown({ id, name: "", peerUrl, clientUrls: [], isLearner });
      return { header: header(0), member, members: members() };
    }),
    answering(rpcs.cluster.memberRemove, ({ id }) => change({ kind: "remove", member: memberOf(id) })),
    answering(rpcs.cluster.memberUpdate, ({ id, peerUrls }) => {
      const { address } = addressIn(peerUrls);
      return change({ kind: "update", member: memberOf(id), ...address });
    }),
    answering(rpcs.cluster.memberPromote, ({ id }) => change({ kind: "promote", member: memberOf(id) })),
  ];
}

/** There is one URL, and it says where. */
function addressIn([peerUrl, ...others]: readonly string[]) {
  const address = peerUrl === undefined || others.length > 0 ? undefined : parsePeerUrl(peerUrl);
  if (peerUrl === undefined || address === undefined) throw etcdError("badMemberUrls");
  return { peerUrl, address };
}

/** Members of ours have small numbers; no other has ever been one. */
function memberOf(id: bigint): number {
  if (id === 0n || id > BigInt(Number.MAX_SAFE_INTEGER)) throw etcdError("memberNotFound");
  return Number(id);
}

function shown({ id, name, peerUrl, clientUrls, isLearner }: MemberView) {
  return { id: BigInt(id), name, peerUrls: [peerUrl], clientUrls, isLearner };
}
