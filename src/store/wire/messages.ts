import {
  bool,
  bytes,
  enumeration,
  int64,
  int64Id,
  key,
  message,
  nested,
  oneof,
  repeated,
  string,
  uint32,
  uint64,
  uint64Id,
} from "./schema.js";
import type { Message } from "./schema.js";

/**
 * The messages of etcd 3.4's API: kv.proto, auth.proto and rpc.proto. https://etcd.io/docs/v3.4/dev-guide/api_reference_v3/
 *
 * Identifiers (of members, clusters, leases, watchers) use all 64 bits; all other numbers count something.
 */

// ---- mvccpb, authpb ----

const KeyValue = message("mvccpb.KeyValue", {
  key: key(1),
  createRevision: int64(2),
  modRevision: int64(3),
  version: int64(4),
  value: bytes(5),
  lease: int64Id(6),
});

const eventType = enumeration("PUT", "DELETE");

const Event = message("mvccpb.Event", { type: eventType(1), kv: nested(2, KeyValue), prevKv: nested(3, KeyValue) });

const UserAddOptions = message("authpb.UserAddOptions", { noPassword: bool(1) });

const permissionType = enumeration("READ", "WRITE", "READWRITE");

const Permission = message("authpb.Permission", {
  permType: permissionType(1, "permType"),
  key: key(2),
  rangeEnd: key(3),
});

const User = message("authpb.User", {
  name: bytes(1),
  password: bytes(2),
  roles: repeated(string(3)),
  options: nested(4, UserAddOptions),
});

const Role = message("authpb.Role", { name: bytes(1), keyPermission: repeated(nested(2, Permission, "keyPermission")) });

// ---- KV ----

const ResponseHeader = message("etcdserverpb.ResponseHeader", {
  clusterId: uint64Id(1),
  memberId: uint64Id(2),
  revision: int64(3),
  raftTerm: uint64(4),
});

const header = nested(1, ResponseHeader);

const sortOrder = enumeration("NONE", "ASCEND", "DESCEND");
const sortTarget = enumeration("KEY", "VERSION", "CREATE", "MOD", "VALUE");

const RangeRequest = message("etcdserverpb.RangeRequest", {
  key: key(1),
  rangeEnd: key(2),
  limit: int64(3),
  revision: int64(4),
  sortOrder: sortOrder(5),
  sortTarget: sortTarget(6),
  serializable: bool(7),
  keysOnly: bool(8),
  countOnly: bool(9),
  minModRevision: int64(10),
  maxModRevision: int64(11),
  minCreateRevision: int64(12),
  maxCreateRevision: int64(13),
});

const RangeResponse = message("etcdserverpb.RangeResponse", {
  header,
  kvs: repeated(nested(2, KeyValue)),
  more: bool(3),
  count: int64(4),
});

const PutRequest = message("etcdserverpb.PutRequest", {
  key: key(1),
  value: bytes(2),
  lease: int64Id(3),
  prevKv: bool(4),
  ignoreValue: bool(5),
  ignoreLease: bool(6),
});

const PutResponse = message("etcdserverpb.PutResponse", { header, prevKv: nested(2, KeyValue) });

const DeleteRangeRequest = message("etcdserverpb.DeleteRangeRequest", { key: key(1), rangeEnd: key(2), prevKv: bool(3) });

const DeleteRangeResponse = message("etcdserverpb.DeleteRangeResponse", {
  header,
  deleted: int64(2),
  prevKvs: repeated(nested(3, KeyValue)),
});

const compareResult = enumeration("EQUAL", "GREATER", "LESS", "NOT_EQUAL");
const compareTarget = enumeration("VERSION", "CREATE", "MOD", "VALUE", "LEASE");

const Compare = message("etcdserverpb.Compare", {
  result: compareResult(1),
  target: compareTarget(2),
  key: key(3),
  ...oneof("target_union", {
    version: int64(4),
    createRevision: int64(5),
    modRevision: int64(6),
    value: bytes(7),
    lease: int64Id(8),
  }),
  rangeEnd: key(64),
});

type Value<M> = M extends Message<infer T> ? T : never;

/** A transaction holds operations, and each of them may be a transaction again: the one place where types cannot be inferred. */
export interface TxnRequestValue {
  readonly compare: readonly Value<typeof Compare>[];
  readonly success: readonly Value<typeof RequestOp>[];
  readonly failure: readonly Value<typeof RequestOp>[];
}

export interface TxnResponseValue {
  readonly header: Value<typeof ResponseHeader> | undefined;
  readonly succeeded: boolean;
  readonly responses: readonly Value<typeof ResponseOp>[];
}

const RequestOp = message("etcdserverpb.RequestOp", {
  ...oneof("request", {
    requestRange: nested(1, RangeRequest),
    requestPut: nested(2, PutRequest),
    requestDeleteRange: nested(3, DeleteRangeRequest),
    requestTxn: nested(4, (): Message<TxnRequestValue> => TxnRequest),
  }),
});

const ResponseOp = message("etcdserverpb.ResponseOp", {
  ...oneof("response", {
    responseRange: nested(1, RangeResponse),
    responsePut: nested(2, PutResponse),
    responseDeleteRange: nested(3, DeleteRangeResponse),
    responseTxn: nested(4, (): Message<TxnResponseValue> => TxnResponse),
  }),
});

const TxnRequest = message("etcdserverpb.TxnRequest", {
  compare: repeated(nested(1, Compare)),
  success: repeated(nested(2, RequestOp)),
  failure: repeated(nested(3, RequestOp)),
});

const TxnResponse = message("etcdserverpb.TxnResponse", {
  header,
  succeeded: bool(2),
  responses: repeated(nested(3, ResponseOp)),
});

const CompactionRequest = message("etcdserverpb.CompactionRequest", { revision: int64(1), physical: bool(2) });

const CompactionResponse = message("etcdserverpb.CompactionResponse", { header });

// ---- Watch ----

const filterType = enumeration("NOPUT", "NODELETE");

const WatchCreateRequest = message("etcdserverpb.WatchCreateRequest", {
  key: key(1),
  rangeEnd: key(2),
  startRevision: int64(3),
  progressNotify: bool(4),
  filters: repeated(filterType(5)),
  prevKv: bool(6),
  watchId: int64Id(7),
  fragment: bool(8),
});

const WatchCancelRequest = message("etcdserverpb.WatchCancelRequest", { watchId: int64Id(1) });

const WatchProgressRequest = message("etcdserverpb.WatchProgressRequest", {});

const WatchRequest = message("etcdserverpb.WatchRequest", {
  ...oneof("request_union", {
    createRequest: nested(1, WatchCreateRequest),
    cancelRequest: nested(2, WatchCancelRequest),
    progressRequest: nested(3, WatchProgressRequest),
  }),
});

const WatchResponse = message("etcdserverpb.WatchResponse", {
  header,
  watchId: int64Id(2),
  created: bool(3),
  canceled: bool(4),
  compactRevision: int64(5),
  cancelReason: string(6),
  fragment: bool(7),
  events: repeated(nested(11, Event)),
});

// ---- Lease ----

const LeaseGrantRequest = message("etcdserverpb.LeaseGrantRequest", { ttl: int64(1, "TTL"), id: int64Id(2, "ID") });

const LeaseGrantResponse = message("etcdserverpb.LeaseGrantResponse", {
  header,
  id: int64Id(2, "ID"),
  ttl: int64(3, "TTL"),
  error: string(4),
});

const LeaseRevokeRequest = message("etcdserverpb.LeaseRevokeRequest", { id: int64Id(1, "ID") });

const LeaseRevokeResponse = message("etcdserverpb.LeaseRevokeResponse", { header });

const LeaseCheckpoint = message("etcdserverpb.LeaseCheckpoint", {
  id: int64Id(1, "ID"),
  remainingTtl: int64(2, "remaining_TTL"),
});

const LeaseCheckpointRequest = message("etcdserverpb.LeaseCheckpointRequest", {
  checkpoints: repeated(nested(1, LeaseCheckpoint)),
});

const LeaseCheckpointResponse = message("etcdserverpb.LeaseCheckpointResponse", { header });

const LeaseKeepAliveRequest = message("etcdserverpb.LeaseKeepAliveRequest", { id: int64Id(1, "ID") });

const LeaseKeepAliveResponse = message("etcdserverpb.LeaseKeepAliveResponse", {
  header,
  id: int64Id(2, "ID"),
  ttl: int64(3, "TTL"),
});

const LeaseTimeToLiveRequest = message("etcdserverpb.LeaseTimeToLiveRequest", { id: int64Id(1, "ID"), keys: bool(2) });

const LeaseTimeToLiveResponse = message("etcdserverpb.LeaseTimeToLiveResponse", {
  header,
  id: int64Id(2, "ID"),
  ttl: int64(3, "TTL"),
  grantedTtl: int64(4, "grantedTTL"),
  keys: repeated(key(5)),
});

const LeaseLeasesRequest = message("etcdserverpb.LeaseLeasesRequest", {});

const LeaseStatus = message("etcdserverpb.LeaseStatus", { id: int64Id(1, "ID") });

const LeaseLeasesResponse = message("etcdserverpb.LeaseLeasesResponse", { header, leases: repeated(nested(2, LeaseStatus)) });

// ---- Cluster ----

const Member = message("etcdserverpb.Member", {
  id: uint64Id(1, "ID"),
  name: string(2),
  peerUrls: repeated(string(3, "peerURLs")),
  clientUrls: repeated(string(4, "clientURLs")),
  isLearner: bool(5, "isLearner"),
});

const members = repeated(nested(2, Member));

const MemberAddRequest = message("etcdserverpb.MemberAddRequest", {
  peerUrls: repeated(string(1, "peerURLs")),
  isLearner: bool(2, "isLearner"),
});

const MemberAddResponse = message("etcdserverpb.MemberAddResponse", {
  header,
  member: nested(2, Member),
  members: repeated(nested(3, Member)),
});

const MemberRemoveRequest = message("etcdserverpb.MemberRemoveRequest", { id: uint64Id(1, "ID") });

const MemberRemoveResponse = message("etcdserverpb.MemberRemoveResponse", { header, members });

const MemberUpdateRequest = message("etcdserverpb.MemberUpdateRequest", {
  id: uint64Id(1, "ID"),
  peerUrls: repeated(string(2, "peerURLs")),
});

const MemberUpdateResponse = message("etcdserverpb.MemberUpdateResponse", { header, members });

const MemberListRequest = message("etcdserverpb.MemberListRequest", {});

const MemberListResponse = message("etcdserverpb.MemberListResponse", { header, members });

const MemberPromoteRequest = message("etcdserverpb.MemberPromoteRequest", { id: uint64Id(1, "ID") });

const MemberPromoteResponse = message("etcdserverpb.MemberPromoteResponse", { header, members });

// ---- Maintenance ----

const alarmType = enumeration("NONE", "NOSPACE", "CORRUPT");
const alarmAction = enumeration("GET", "ACTIVATE", "DEACTIVATE");

const AlarmMember = message("etcdserverpb.AlarmMember", { memberId: uint64Id(1, "memberID"), alarm: alarmType(2) });

const AlarmRequest = message("etcdserverpb.AlarmRequest", {
  action: alarmAction(1),
  memberId: uint64Id(2, "memberID"),
  alarm: alarmType(3),
});

const AlarmResponse = message("etcdserverpb.AlarmResponse", { header, alarms: repeated(nested(2, AlarmMember)) });

const StatusRequest = message("etcdserverpb.StatusRequest", {});

const StatusResponse = message("etcdserverpb.StatusResponse", {
  header,
  version: string(2),
  dbSize: int64(3, "dbSize"),
  leader: uint64Id(4),
  raftIndex: uint64(5, "raftIndex"),
  raftTerm: uint64(6, "raftTerm"),
  raftAppliedIndex: uint64(7, "raftAppliedIndex"),
  errors: repeated(string(8)),
  dbSizeInUse: int64(9, "dbSizeInUse"),
  isLearner: bool(10, "isLearner"),
});

const DefragmentRequest = message("etcdserverpb.DefragmentRequest", {});

const DefragmentResponse = message("etcdserverpb.DefragmentResponse", { header });

const HashRequest = message("etcdserverpb.HashRequest", {});

const HashResponse = message("etcdserverpb.HashResponse", { header, hash: uint32(2) });

const HashKVRequest = message("etcdserverpb.HashKVRequest", { revision: int64(1) });

const HashKVResponse = message("etcdserverpb.HashKVResponse", { header, hash: uint32(2), compactRevision: int64(3) });

const SnapshotRequest = message("etcdserverpb.SnapshotRequest", {});

const SnapshotResponse = message("etcdserverpb.SnapshotResponse", { header, remainingBytes: uint64(2), blob: bytes(3) });

const MoveLeaderRequest = message("etcdserverpb.MoveLeaderRequest", { targetId: uint64Id(1, "targetID") });

const MoveLeaderResponse = message("etcdserverpb.MoveLeaderResponse", { header });

// ---- Auth ----

const AuthEnableRequest = message("etcdserverpb.AuthEnableRequest", {});

const AuthEnableResponse = message("etcdserverpb.AuthEnableResponse", { header });

const AuthDisableRequest = message("etcdserverpb.AuthDisableRequest", {});

const AuthDisableResponse = message("etcdserverpb.AuthDisableResponse", { header });

const AuthenticateRequest = message("etcdserverpb.AuthenticateRequest", { name: string(1), password: string(2) });

const AuthenticateResponse = message("etcdserverpb.AuthenticateResponse", { header, token: string(2) });

const AuthUserAddRequest = message("etcdserverpb.AuthUserAddRequest", {
  name: string(1),
  password: string(2),
  options: nested(3, UserAddOptions),
});

const AuthUserAddResponse = message("etcdserverpb.AuthUserAddResponse", { header });

const AuthUserGetRequest = message("etcdserverpb.AuthUserGetRequest", { name: string(1) });

const AuthUserGetResponse = message("etcdserverpb.AuthUserGetResponse", { header, roles: repeated(string(2)) });

const AuthUserListRequest = message("etcdserverpb.AuthUserListRequest", {});

const AuthUserListResponse = message("etcdserverpb.AuthUserListResponse", { header, users: repeated(string(2)) });

const AuthUserDeleteRequest = message("etcdserverpb.AuthUserDeleteRequest", { name: string(1) });

const AuthUserDeleteResponse = message("etcdserverpb.AuthUserDeleteResponse", { header });

const AuthUserChangePasswordRequest = message("etcdserverpb.AuthUserChangePasswordRequest", {
  name: string(1),
  password: string(2),
});

const AuthUserChangePasswordResponse = message("etcdserverpb.AuthUserChangePasswordResponse", { header });

const AuthUserGrantRoleRequest = message("etcdserverpb.AuthUserGrantRoleRequest", { user: string(1), role: string(2) });

const AuthUserGrantRoleResponse = message("etcdserverpb.AuthUserGrantRoleResponse", { header });

const AuthUserRevokeRoleRequest = message("etcdserverpb.AuthUserRevokeRoleRequest", { name: string(1), role: string(2) });

const AuthUserRevokeRoleResponse = message("etcdserverpb.AuthUserRevokeRoleResponse", { header });

const AuthRoleAddRequest = message("etcdserverpb.AuthRoleAddRequest", { name: string(1) });

const AuthRoleAddResponse = message("etcdserverpb.AuthRoleAddResponse", { header });

const AuthRoleGetRequest = message("etcdserverpb.AuthRoleGetRequest", { role: string(1) });

const AuthRoleGetResponse = message("etcdserverpb.AuthRoleGetResponse", { header, perm: repeated(nested(2, Permission)) });

const AuthRoleListRequest = message("etcdserverpb.AuthRoleListRequest", {});

const AuthRoleListResponse = message("etcdserverpb.AuthRoleListResponse", { header, roles: repeated(string(2)) });

const AuthRoleDeleteRequest = message("etcdserverpb.AuthRoleDeleteRequest", { role: string(1) });

const AuthRoleDeleteResponse = message("etcdserverpb.AuthRoleDeleteResponse", { header });

const AuthRoleGrantPermissionRequest = message("etcdserverpb.AuthRoleGrantPermissionRequest", {
  name: string(1),
  perm: nested(2, Permission),
});

const AuthRoleGrantPermissionResponse = message("etcdserverpb.AuthRoleGrantPermissionResponse", { header });

const AuthRoleRevokePermissionRequest = message("etcdserverpb.AuthRoleRevokePermissionRequest", {
  role: string(1),
  key: key(2),
  rangeEnd: key(3),
});

const AuthRoleRevokePermissionResponse = message("etcdserverpb.AuthRoleRevokePermissionResponse", { header });

/** All of them, by the names that the protos give them. */
export const messages = {
  KeyValue,
  Event,
  UserAddOptions,
  Permission,
  User,
  Role,
  ResponseHeader,
  RangeRequest,
  RangeResponse,
  PutRequest,
  PutResponse,
  DeleteRangeRequest,
  DeleteRangeResponse,
  Compare,
  RequestOp,
  ResponseOp,
  TxnRequest,
  TxnResponse,
  CompactionRequest,
  CompactionResponse,
  WatchCreateRequest,
  WatchCancelRequest,
  WatchProgressRequest,
  WatchRequest,
  WatchResponse,
  LeaseGrantRequest,
  LeaseGrantResponse,
  LeaseRevokeRequest,
  LeaseRevokeResponse,
  LeaseCheckpoint,
  LeaseCheckpointRequest,
  LeaseCheckpointResponse,
  LeaseKeepAliveRequest,
  LeaseKeepAliveResponse,
  LeaseTimeToLiveRequest,
  LeaseTimeToLiveResponse,
  LeaseLeasesRequest,
  LeaseStatus,
  LeaseLeasesResponse,
  Member,
  MemberAddRequest,
  MemberAddResponse,
  MemberRemoveRequest,
  MemberRemoveResponse,
  MemberUpdateRequest,
  MemberUpdateResponse,
  MemberListRequest,
  MemberListResponse,
  MemberPromoteRequest,
  MemberPromoteResponse,
  AlarmMember,
  AlarmRequest,
  AlarmResponse,
  StatusRequest,
  StatusResponse,
  DefragmentRequest,
  DefragmentResponse,
  HashRequest,
  HashResponse,
  HashKVRequest,
  HashKVResponse,
  SnapshotRequest,
  SnapshotResponse,
  MoveLeaderRequest,
  MoveLeaderResponse,
  AuthEnableRequest,
  AuthEnableResponse,
  AuthDisableRequest,
  AuthDisableResponse,
  AuthenticateRequest,
  AuthenticateResponse,
  AuthUserAddRequest,
  AuthUserAddResponse,
  AuthUserGetRequest,
  AuthUserGetResponse,
  AuthUserListRequest,
  AuthUserListResponse,
  AuthUserDeleteRequest,
  AuthUserDeleteResponse,
  AuthUserChangePasswordRequest,
  AuthUserChangePasswordResponse,
  AuthUserGrantRoleRequest,
  AuthUserGrantRoleResponse,
  AuthUserRevokeRoleRequest,
  AuthUserRevokeRoleResponse,
  AuthRoleAddRequest,
  AuthRoleAddResponse,
  AuthRoleGetRequest,
  AuthRoleGetResponse,
  AuthRoleListRequest,
  AuthRoleListResponse,
  AuthRoleDeleteRequest,
  AuthRoleDeleteResponse,
  AuthRoleGrantPermissionRequest,
  AuthRoleGrantPermissionResponse,
  AuthRoleRevokePermissionRequest,
  AuthRoleRevokePermissionResponse,
};
