import { unreachable } from "../../core/invariant.js";
import { commandOf } from "../entries/commands.js";
import type { CommandName } from "../entries/commands.js";
import { deleteRangeOp, putOp, rangeOp, txnOp } from "../entries/ops.js";
import type { Caller } from "./access.js";
import type { Store } from "./store.js";
import { checkRequest } from "../mvcc/check-request.js";
import { isReadOnly } from "../mvcc/mvcc-store.js";
import type { Answer, Op, TxnOp } from "../mvcc/requests.js";
import { costOf } from "../room.js";
import { etcdError } from "../wire/errors.js";
import { rpcs } from "../wire/rpcs.js";
import type { Given } from "../wire/schema.js";
import { answering } from "./answering.js";
import type { Answering } from "./answering.js";
import { readAs, writeAs } from "./as-caller.js";
import { headersOf } from "./header.js";
import { lacksRoom, refuseForSpace } from "./quota.js";
import { encodeRange } from "./range-answer.js";

/** As etcd: the largest entry of the log. */
const entryBytesMax = 1.5 * 2 ** 20;

/** https://etcd.io/docs/v3.4/learning/api/#key-value-api */
export function kvService(store: Store): readonly Answering[] {
  const header = headersOf(store);
  return [
    answering(rpcs.kv.range, async (request, _message, call) => {
      const op = checked(rangeOp(request));
      const answer = await readAs(store, call, op, (kv) => kv.range(op.query), op.serializable);
      const { revision, kvs, more, count } = answer;
      return encodeRange({ header: header(revision), kvs, more, count });
    }),
    answering(rpcs.kv.put, async (request, message, call) => {
      const put = checked(putOp(request));
      if (lacksRoom(store, costOf(put))) return refuseForSpace(store);
      const { answer, term } = await write(store, call, "put", message);
      return { header: header(answer.revision, term), prevKv: answer.previous };
    }),
    answering(rpcs.kv.deleteRange, async (request, message, call) => {
      checked(deleteRangeOp(request));
      const { answer, term } = await write(store, call, "deleteRange", message);
      return { header: header(answer.revision, term), deleted: answer.deleted, prevKvs: answer.previous };
    }),
    answering(rpcs.kv.txn, async (request, message, call) => {
      const txn = checked(txnOp(request));
      if (isReadOnly(txn)) {
        const answer = await readAs(store, call, txn, (kv) => kv.readOnlyTxn(txn), isSerializable(txn));
        return { header: header(answer.revision), succeeded: answer.succeeded, responses: answer.responses.map(responseOf) };
      }
      if (lacksRoom(store, costOf(txn))) return refuseForSpace(store);
      const { answer, term } = await write(store, call, "txn", message);
      const { revision, succeeded, responses } = answer;
      return { header: header(revision, term), succeeded, responses: responses.map(responseOf) };
    }),
    answering(rpcs.kv.compact, async (request, message, call) => {
      const { physical } = request;
      const { answer, term } = await write(store, call, "compact", message);
      if (physical) await store.compacted();
      return { header: header(answer.revision, term) };
    }),
  ];
}

/** The request goes into the log as it came: nothing in it is for this member to fill in. */
function write<N extends CommandName>(store: Store, caller: Caller, name: N, message: Buffer) {
  const command = commandOf(name, message);
  if (command.length > entryBytesMax) throw etcdError("requestTooLarge");
  return writeAs(store, caller, name, command);
}

/** The request, unless it is wrong whatever the store holds. */
function checked<O extends Op>(op: O): O {
  const error = checkRequest(op);
  if (error !== undefined) throw etcdError(error);
  return op;
}

/** Of a transaction of ranges: whether all of them may be answered from a state however old. */
function isSerializable({ success, failure }: TxnOp): boolean {
  return [...success, ...failure].every((op) => op.type === "range" && op.serializable);
}

type ResponseOp = Given<(typeof rpcs.kv.txn.output)["zero"]["responses"][number]>;

/** As in etcd, the headers inside a transaction's answer have a revision only, and those of nested transactions not even that. */
function responseOf(answer: Answer): ResponseOp {
  const header = { revision: answer.revision };
  switch (answer.type) {
    case "range":
      return { responseRange: { header, kvs: answer.kvs, more: answer.more, count: answer.count } };
    case "put":
      return { responsePut: { header, prevKv: answer.previous } };
    case "deleteRange":
      return { responseDeleteRange: { header, deleted: answer.deleted, prevKvs: answer.previous } };
    case "txn":
      return { responseTxn: { header, succeeded: answer.succeeded, responses: answer.responses.map(responseOf) } };
    default:
      return unreachable(answer);
  }
}
