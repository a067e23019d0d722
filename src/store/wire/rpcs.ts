import type { Message } from "./schema.js";
import { messages as m } from "./messages.js";

/** Whose API is spoken here: clients read it to know what they may ask. Our own version is in `/status`. */
export const apiVersion = "3.4.0";

/** One call of etcd 3.4's API: how gRPC and the JSON gateway name it, and what goes in and out. */
export interface Rpc<I, O> {
  /** As in HTTP/2's `:path`. */
  readonly path: `/${string}.${string}/${string}`;
  /** Paths of the JSON gateway, by POST. */
  readonly http: readonly string[];
  readonly input: Message<I>;
  readonly output: Message<O>;
  /** A stream has more than one message in at least one direction. */
  readonly kind: "unary" | "stream";
}

function service(name: string) {
  const of =
    (kind: "unary" | "stream") =>
    <I, O>(method: string, input: Message<I>, output: Message<O>, ...http: readonly string[]): Rpc<I, O> => ({
      path: `/etcdserverpb.${name}/${method}`,
      http,
      input,
      output,
      kind,
    });
  return { unary: of("unary"), stream: of("stream") };
}

const kv = service("KV");
const watch = service("Watch");
const lease = service("Lease");
const cluster = service("Cluster");
const maintenance = service("Maintenance");
const auth = service("Auth");
/** By service and method. */
export const rpcs = {
  kv: {
    range: kv.unary("Range", m.RangeRequest, m.RangeResponse, "/v3/kv/range"),
    put: kv.unary("Put", m.PutRequest, m.PutResponse, "/v3/kv/put"),
    deleteRange: kv.unary("DeleteRange", m.DeleteRangeRequest, m.DeleteRangeResponse, "/v3/kv/deleterange"),
    txn: kv.unary("Txn", m.TxnRequest, m.TxnResponse, "/v3/kv/txn"),
    compact: kv.unary("Compact", m.CompactionRequest, m.CompactionResponse, "/v3/kv/compaction"),
  },
  watch: {
    watch: watch.stream("Watch", m.WatchRequest, m.WatchResponse, "/v3/watch"),
  },
  lease: {
    leaseGrant: lease.unary("LeaseGrant", m.LeaseGrantRequest, m.LeaseGrantResponse, "/v3/lease/grant"),
    leaseRevoke: lease.unary(
      "LeaseRevoke",
      m.LeaseRevokeRequest,
      m.LeaseRevokeResponse,
      "/v3/lease/revoke",
      "/v3/kv/lease/revoke",
    ),
    leaseKeepAlive: lease.stream("LeaseKeepAlive", m.LeaseKeepAliveRequest, m.LeaseKeepAliveResponse, "/v3/lease/keepalive"),
    leaseTimeToLive: lease.unary(
      "LeaseTimeToLive",
      m.LeaseTimeToLiveRequest,
      m.LeaseTimeToLiveResponse,
      "/v3/lease/timetolive",
      "/v3/kv/lease/timetolive",
    ),
    leaseLeases: lease.unary(
      "LeaseLeases",
      m.LeaseLeasesRequest,
      m.LeaseLeasesResponse,
      "/v3/lease/leases",
      "/v3/kv/lease/leases",
    ),
  },
  cluster: {
    memberAdd: cluster.unary("MemberAdd", m.MemberAddRequest, m.MemberAddResponse, "/v3/cluster/member/add"),
    memberRemove: cluster.unary("MemberRemove", m.MemberRemoveRequest, m.MemberRemoveResponse, "/v3/cluster/member/remove"),
    memberUpdate: cluster.unary("MemberUpdate", m.MemberUpdateRequest, m.MemberUpdateResponse, "/v3/cluster/member/update"),
    memberList: cluster.unary("MemberList", m.MemberListRequest, m.MemberListResponse, "/v3/cluster/member/list"),
    memberPromote: cluster.unary("MemberPromote", m.MemberPromoteRequest, m.MemberPromoteResponse, "/v3/cluster/member/promote"),
  },
  maintenance: {
    alarm: maintenance.unary("Alarm", m.AlarmRequest, m.AlarmResponse, "/v3/maintenance/alarm"),
    status: maintenance.unary("Status", m.StatusRequest, m.StatusResponse, "/v3/maintenance/status"),
    defragment: maintenance.unary("Defragment", m.DefragmentRequest, m.DefragmentResponse, "/v3/maintenance/defragment"),
    // etcd 3.4 gives Hash and HashKV the same path, and answers the first there
    hash: maintenance.unary("Hash", m.HashRequest, m.HashResponse, "/v3/maintenance/hash"),
    hashKV: maintenance.unary("HashKV", m.HashKVRequest, m.HashKVResponse),
    snapshot: maintenance.stream("Snapshot", m.SnapshotRequest, m.SnapshotResponse, "/v3/maintenance/snapshot"),
    moveLeader: maintenance.unary("MoveLeader", m.MoveLeaderRequest, m.MoveLeaderResponse, "/v3/maintenance/transfer-leadership"),
  },
  auth: {
    authEnable: auth.unary("AuthEnable", m.AuthEnableRequest, m.AuthEnableResponse, "/v3/auth/enable"),
    authDisable: auth.unary("AuthDisable", m.AuthDisableRequest, m.AuthDisableResponse, "/v3/auth/disable"),
    authenticate: auth.unary("Authenticate", m.AuthenticateRequest, m.AuthenticateResponse, "/v3/auth/authenticate"),
    userAdd: auth.unary("UserAdd", m.AuthUserAddRequest, m.AuthUserAddResponse, "/v3/auth/user/add"),
    userGet: auth.unary("UserGet", m.AuthUserGetRequest, m.AuthUserGetResponse, "/v3/auth/user/get"),
    userList: auth.unary("UserList", m.AuthUserListRequest, m.AuthUserListResponse, "/v3/auth/user/list"),
    userDelete: auth.unary("UserDelete", m.AuthUserDeleteRequest, m.AuthUserDeleteResponse, "/v3/auth/user/delete"),
    userChangePassword: auth.unary(
      "UserChangePassword",
      m.AuthUserChangePasswordRequest,
      m.AuthUserChangePasswordResponse,
      "/v3/auth/user/changepw",
    ),
    userGrantRole: auth.unary("UserGrantRole", m.AuthUserGrantRoleRequest, m.AuthUserGrantRoleResponse, "/v3/auth/user/grant"),
    userRevokeRole: auth.unary(
      "UserRevokeRole",
      m.AuthUserRevokeRoleRequest,
      m.AuthUserRevokeRoleResponse,
      "/v3/auth/user/revoke",
    ),
    roleAdd: auth.unary("RoleAdd", m.AuthRoleAddRequest, m.AuthRoleAddResponse, "/v3/auth/role/add"),
    roleGet: auth.unary("RoleGet", m.AuthRoleGetRequest, m.AuthRoleGetResponse, "/v3/auth/role/get"),
    roleList: auth.unary("RoleList", m.AuthRoleListRequest, m.AuthRoleListResponse, "/v3/auth/role/list"),
    roleDelete: auth.unary("RoleDelete", m.AuthRoleDeleteRequest, m.AuthRoleDeleteResponse, "/v3/auth/role/delete"),
    roleGrantPermission: auth.unary(
      "RoleGrantPermission",
      m.AuthRoleGrantPermissionRequest,
      m.AuthRoleGrantPermissionResponse,
      "/v3/auth/role/grant",
    ),
    roleRevokePermission: auth.unary(
      "RoleRevokePermission",
      m.AuthRoleRevokePermissionRequest,
      m.AuthRoleRevokePermissionResponse,
      "/v3/auth/role/revoke",
    ),
  },
};
