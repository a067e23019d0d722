import { GrpcError, grpcCode } from "../io/grpc.js";
import type { GrpcCode } from "../io/grpc.js";

/**
 * What can go wrong, with etcd's code and its very words: clients know errors by both.
 * https://github.com/etcd-io/etcd/blob/release-3.4/etcdserver/api/v3rpc/rpctypes/error.go
 */
const errors = {
  keyNotProvided: [grpcCode.invalidArgument, "key is not provided"],
  keyNotFound: [grpcCode.invalidArgument, "key not found"],
  valueProvided: [grpcCode.invalidArgument, "value is provided"],
  leaseProvided: [grpcCode.invalidArgument, "lease is provided"],
  tooManyOps: [grpcCode.invalidArgument, "too many operations in txn request"],
  duplicateKey: [grpcCode.invalidArgument, "duplicate key given in txn request"],
  compacted: [grpcCode.outOfRange, "mvcc: required revision has been compacted"],
  futureRevision: [grpcCode.outOfRange, "mvcc: required revision is a future revision"],
  leaseTtlTooLarge: [grpcCode.outOfRange, "too large lease TTL"],
  leaseNotFound: [grpcCode.notFound, "requested lease not found"],
  requestTooLarge: [grpcCode.invalidArgument, "request is too large"],
  badMemberUrls: [grpcCode.invalidArgument, "given member URLs are invalid"],
  memberNotFound: [grpcCode.notFound, "member not found"],
  noSpace: [grpcCode.resourceExhausted, "mvcc: database space exceeded"],
  userNameEmpty: [grpcCode.invalidArgument, "user name is empty"],
  roleNameEmpty: [grpcCode.invalidArgument, "role name is empty"],
  authFailed: [grpcCode.invalidArgument, "authentication failed, invalid user ID or password"],
  invalidAuthManagement: [grpcCode.invalidArgument, "invalid auth management"],
  permissionNotGiven: [grpcCode.invalidArgument, "permission not given"],
  authOldRevision: [grpcCode.invalidArgument, "revision of auth store is old"],
  permissionDenied: [grpcCode.permissionDenied, "permission denied"],
  invalidAuthToken: [grpcCode.unauthenticated, "invalid auth token"],
  tooManyRequests: [grpcCode.resourceExhausted, "too many requests"],
  tooManyLearners: [grpcCode.failedPrecondition, "too many learner members in cluster"],
  peerUrlExists: [grpcCode.failedPrecondition, "Peer URLs already exists"],
  memberNotLearner: [grpcCode.failedPrecondition, "can only promote a learner member"],
  learnerNotReady: [grpcCode.failedPrecondition, "can only promote a learner member which is in sync with leader"],
  leaseExists: [grpcCode.failedPrecondition, "lease already exists"],
  notLeader: [grpcCode.failedPrecondition, "not leader"],
  badTransferee: [grpcCode.failedPrecondition, "bad leader transferee"],
  notEnoughStarted: [grpcCode.failedPrecondition, "re-configuration failed due to not enough started members"],
  stopped: [grpcCode.unavailable, "server stopped"],
  rootUserNotFound: [grpcCode.failedPrecondition, "root user does not exist"],
  rootRoleNotGranted: [grpcCode.failedPrecondition, "root user does not have root role"],
  userExists: [grpcCode.failedPrecondition, "user name already exists"],
  userNotFound: [grpcCode.failedPrecondition, "user name not found"],
  roleExists: [grpcCode.failedPrecondition, "role name already exists"],
  roleNotFound: [grpcCode.failedPrecondition, "role name not found"],
  roleNotGranted: [grpcCode.failedPrecondition, "role is not granted to the user"],
  permissionNotGranted: [grpcCode.failedPrecondition, "permission is not granted to the role"],
  authNotEnabled: [grpcCode.failedPrecondition, "authentication is not enabled"],
  noLeader: [grpcCode.unavailable, "no leader"],
  timedOut: [grpcCode.unavailable, "request timed out"],
  // etcd 3.4 has no code for it
  transferTimedOut: [grpcCode.unknown, "request timed out, leader transfer took too long"],
  unhealthy: [grpcCode.unavailable, "unhealthy cluster"],
  notForLearner: [grpcCode.unavailable, "rpc not supported for learner"],
} as const satisfies Readonly<Record<string, readonly [GrpcCode, string]>>;

export type ErrorName = keyof typeof errors;

/** `isDefinite`: the request certainly had no effect and never will have. etcd's texts do not say it, so a trailer of ours does. */
export function etcdError(name: ErrorName, isDefinite = true): GrpcError {
  const [code, text] = errors[name];
  return new GrpcError(code, `etcdserver: ${text}`, { "devious-definite": isDefinite ? "1" : "0" });
}

/** As etcd lets its own words for what is refused to callers through where it forgets to translate them: with no code. */
export function untranslated(name: ErrorName): GrpcError {
  return new GrpcError(grpcCode.unknown, `auth: ${errors[name][1]}`, { "devious-definite": "1" });
}
