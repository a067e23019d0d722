import { unreachable } from "../../core/invariant.js";
import type { Alarm } from "../alarms.js";
import { alarmType } from "../alarms.js";
import { encodeCommand } from "../entries/commands.js";
import { etcdError } from "../wire/errors.js";
import { apiVersion, rpcs } from "../wire/rpcs.js";
import { answering, streaming } from "./answering.js";
import type { Answering } from "./answering.js";
import { headersOf } from "./header.js";
import { sendCopy } from "./snapshot-stream.js";
import type { Store } from "./store.js";

// By their numbers in rpc.proto.
const alarmActions = ["get", "activate", "deactivate"] as const;
const alarmNames = { [alarmType.none]: "NONE", [alarmType.noSpace]: "NOSPACE", [alarmType.corrupt]: "CORRUPT" };

/** Copies of the state that may be under way at once: each is a file as large as the state. */
const copiesMax = 4;

/** https://etcd.io/docs/v3.4/op-guide/maintenance/ Answers without a header are etcd's too. */
export function maintenanceService(store: Store): readonly Answering[] {
  const header = headersOf(store);
  let copies = 0;
  return [
    answering(rpcs.maintenance.status, () => {
      const { leader, committed, applied, isLearner, bytes, mostBytes } = store.raftStatus();
      const answer = header();
      return Promise.resolve({
        header: answer,
        version: apiVersion,
        // of the versions alone, which are in memory: the log on the disk is another matter. As with etcd's file, a compaction lessens what is
        // in use, and only defragmentation the whole.
        dbSize: mostBytes,
        dbSizeInUse: bytes,
        leader: BigInt(leader),
        raftIndex: committed,
        raftAppliedIndex: applied,
        raftTerm: answer.raftTerm,
        errors: [...(leader === 0 ? ["etcdserver: no leader"] : []), ...store.upkeep.alarms().map(spelled)],
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
    answering(rpcs.maintenance.alarm, async (request) => {
      const { action, alarm } = request;
      const name = alarmActions[action];
      switch (name) {
        case "get":
          await store.read(() => ({ type: "done" }), false);
          return { alarms: store.upkeep.alarms(alarm).map(shown) };
        case "activate":
        case "deactivate": {
          const { answer } = await store.write("alarm", encodeCommand("alarm", request));
          return { alarms: answer.alarms.map(shown) };
        }
        // as in etcd, where such an entry does nothing
        case undefined:
          return { alarms: [] };
        default:
          return unreachable(name);
      }
    }),
    answering(rpcs.maintenance.defragment, async () => {
      await store.upkeep.defragment();
      return {};
    }),
    answering(rpcs.maintenance.moveLeader, async ({ targetId }) => {
      if (String(store.raftStatus().leader) !== store.header().member) throw etcdError("notLeader");
      const target = store.members().find(({ id }) => BigInt(id) === targetId);
      if (target === undefined || target.isLearner) throw etcdError("badTransferee");
      await store.upkeep.moveLeader(target.id);
      return {};
    }),
    streaming(rpcs.maintenance.snapshot, (answers) => {
      let isAsked = false;
      return () => {
        if (isAsked) return;
        isAsked = true;
        if (copies >= copiesMax) throw etcdError("tooManyRequests");
        copies++;
        store.upkeep
          .copyState()
          .then((copy) => sendCopy(copy, answers))
          .catch((error: unknown) => answers.fail(error))
          .finally(() => copies--);
      };
    }),
  ];
}

function shown({ member, type }: Alarm) {
  return { memberId: member, alarm: type };
}

/** As Go prints such a message. */
function spelled({ member, type }: Alarm): string {
  const name = (alarmNames as Readonly<Record<number, string>>)[type] ?? String(type);
  return `memberID:${member} alarm:${name} `;
}
