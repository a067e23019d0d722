import type { Store } from "./store.js";
import { apiVersion, rpcs } from "../wire/rpcs.js";
import { answering, notSupported } from "./answering.js";
import type { Answering } from "./answering.js";
import { headersOf } from "./header.js";

const alarmGet = 0;

/** https://etcd.io/docs/v3.4/op-guide/maintenance/ */
export function maintenanceService(store: Store): readonly Answering[] {
  const header = headersOf(store);
  return [
    answering(rpcs.maintenance.status, () => {
      const { leader, committed, applied, isLearner, bytes } = store.raftStatus();
      const answer = header();
      return Promise.resolve({
        header: answer,
        version: apiVersion,
        // of the versions alone: they are in memory, and the log on the disk is another matter
        dbSize: bytes,
        dbSizeInUse: bytes,
        leader: BigInt(leader),
        raftIndex: committed,
        raftAppliedIndex: applied,
        raftTerm: answer.raftTerm,
        errors: leader === 0 ? ["etcdserver: no leader"] : [],
        isLearner,
      });
    }),
    answering(rpcs.maintenance.hash, async () => {
      const answer = header();
      const { hash } = await store.hash(0);
      return { header: answer, hash };
    }),
    answering(rpcs.maintenance.hashKV, async ({ revision }) => {
      // as in etcd, the revision of now, whichever is hashed
      const answer = header();
      const { hash, compactRevision } = await store.hash(revision);
      return { header: answer, hash, compactRevision };
    }),
    answering(rpcs.maintenance.alarm, ({ action }) => {
      // nothing here raises one; etcd gives this answer without a header
      if (action !== alarmGet) throw notSupported("setting an alarm");
      return Promise.resolve({ alarms: [] });
    }),
  ];
}
