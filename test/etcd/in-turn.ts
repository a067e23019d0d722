import type { Endpoint } from "./differential.js";

/**
 * A cluster as one endpoint: each operation goes to the next member. What a member answers by itself, without asking the leader, may be
 * behind; there all members first take part in a linearizable read, after which each has applied whatever was acknowledged before.
 */
export function inTurn(name: string, members: readonly Endpoint[]): Endpoint {
  let turn = 0;
  return {
    name,
    post: async (path, body, token) => {
      if (isAnsweredAlone(path, body))
        await Promise.all(members.map(({ post }) => post("/v3/kv/range", `{"key":"YQ=="}`, token)));
      const member = members[turn++ % members.length] as Endpoint;
      return member.post(path, body, token);
    },
  };
}

function isAnsweredAlone(path: string, body: string): boolean {
  // as etcd does, a transaction is taken for serializable unless it reads something that is not: one without requests, too
  if (path === "/v3/kv/txn" && !/request_?(put|delete_?range)/i.test(body)) return true;
  return path === "/v3/lease/leases" || path === "/v3/lease/timetolive" || body.includes(`"serializable":true`);
}
