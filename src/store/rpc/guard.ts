import type { GrpcCall, GrpcError, Method } from "../io/grpc.js";
import { etcdError, untranslated } from "../wire/errors.js";
import type { ErrorName } from "../wire/errors.js";
import { rpcs } from "../wire/rpcs.js";
import type { Access } from "./access.js";

interface Rule {
  /** admin: only the role root may · known: anybody, but with no wrong token. */
  readonly who: "admin" | "known";
  readonly refusal: (error: ErrorName) => GrpcError;
}

const { cluster, maintenance } = rpcs;

/**
 * The calls that are allowed or not as a whole, by path, as etcd 3.4.23 has it. Calls that name keys, or users and roles, are judged by what they
 * name, where that is looked at (as-caller.ts). All others are open: `MemberList`, `Status`, `MoveLeader`, `LeaseKeepAlive`, `LeaseLeases`, and
 * `LeaseTimeToLive` where it does not ask for keys.
 */
const rules: ReadonlyMap<string, Rule> = new Map<string, Rule>([
  ...[cluster.memberAdd, cluster.memberRemove, cluster.memberUpdate, cluster.memberPromote].map(
    ({ path }) => [path, { who: "admin", refusal: etcdError }] as const,
  ),
  ...[maintenance.defragment, maintenance.hash, maintenance.hashKV, maintenance.snapshot].map(
    ({ path }) => [path, { who: "admin", refusal: untranslated }] as const,
  ),
  [maintenance.alarm.path, { who: "known", refusal: untranslated }] as const,
]);

/** The method, open only to who may call what has that path. */
export function guarded(path: string, method: Method, access: () => Access): Method {
  const rule = rules.get(path);
  if (rule === undefined) return method;
  const refusalOf = (call: GrpcCall): GrpcError | undefined => {
    const error = access().whyNoAdmin(call);
    return error === undefined || (rule.who === "known" && error !== "invalidAuthToken") ? undefined : rule.refusal(error);
  };
  if (method.kind === "stream") {
    return {
      kind: "stream",
      open: (stream) => {
        const refusal = refusalOf(stream.call);
        if (refusal === undefined) method.open(stream);
        else stream.end(refusal);
      },
    };
  }
  return {
    kind: "unary",
    answer: (message, call, reply) => {
      const answer = (request: Buffer): void => {
        const refusal = refusalOf(call);
        if (refusal === undefined) method.answer(request, call, reply);
        else reply(refusal);
      };
      const unheard = access().heardOf(call);
      if (unheard === undefined) answer(message);
      else {
        // the message is ours no longer than this turn
        const kept = Buffer.from(message);
        void unheard.then(() => answer(kept));
      }
    },
  };
}
