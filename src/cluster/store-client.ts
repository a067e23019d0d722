import { readFile } from "node:fs/promises";
import { DeviousError, messageOf } from "../core/errors.js";
import { clientPort, peerPort } from "../core/node-contract.js";
import type { ContainerDetail, Endpoint } from "../engine/port.js";
import { requestJson } from "./http.js";
import type { HttpAnswer, TlsClient } from "./http.js";
import type { StoreStatus } from "./store-status.js";
import { tlsOf } from "./tls/label.js";
import type { TlsLabel } from "./tls/label.js";

/** ready: it has a leader with a quorum behind it · waiting: it says why it is not · silent: it does not answer in time. */
export type StoreHealth =
  { readonly type: "ready" } | { readonly type: "waiting"; readonly reason: string | undefined } | { readonly type: "silent" };

export interface KeyValue {
  readonly key: string;
  readonly value: string;
  readonly createRevision: number;
  readonly modRevision: number;
  readonly version: number;
}

/** A node of the bundled store: how it is, and where its design is raft its data, through etcd's JSON gateway paths on its published port. */
export interface StoreClient {
  /** Undefined where it does not answer in time. */
  status(timeoutMs: number, withHash?: boolean): Promise<StoreStatus | undefined>;
  health(timeoutMs: number): Promise<StoreHealth>;
  put(key: string, value: string): Promise<{ readonly revision: number }>;
  get(key: string): Promise<KeyValue | undefined>;
  del(key: string): Promise<{ readonly deleted: number }>;
  addMember(node: string): Promise<number>;
  promoteMember(member: number): Promise<void>;
  removeMember(member: number): Promise<void>;
  members(): Promise<readonly { readonly id: number; readonly name: string; readonly learner: boolean }[]>;
}

/** The store itself answers within 3 s, leader or not; what takes longer than this is a node that does not answer. */
const requestTimeoutMs = 5000;

const base64 = (text: string): string => Buffer.from(text, "utf8").toString("base64");
const text = (encoded: string | undefined): string => Buffer.from(encoded ?? "", "base64").toString("utf8");

/** Of a node's container; undefined while it publishes no port. */
export function storeClientOf(node: string, { endpoints, labels }: Pick<ContainerDetail, "endpoints" | "labels">) {
  const endpoint = endpoints.get(clientPort);
  return endpoint === undefined ? undefined : createStoreClient(node, endpoint, tlsOf(labels));
}

/** `tls`: what its container says of it, null where it takes clients in plain text. How a node is, it tells in plain text anyway. */
export function createStoreClient(node: string, endpoint: Endpoint, tls: TlsLabel | null = null): StoreClient {
  const call = async <T>(path: string, body: unknown): Promise<T> => {
    const shown = tls === null ? undefined : await shownTo(node, tls);
    const answer = await requestJson(endpoint, "POST", path, body, requestTimeoutMs, shown).catch((cause: unknown) => {
      throw unanswered(node, cause);
    });
    if (answer.status === 200) return answer.body as T;
    throw refused(node, answer);
  };
  return {
    status: async (timeoutMs, withHash = false) => {
      const path = withHash ? "/status?hash=1" : "/status";
      const answer = await requestJson(endpoint, "GET", path, undefined, timeoutMs).catch(() => undefined);
      return answer?.status === 200 ? (answer.body as StoreStatus) : undefined;
    },
    health: async (timeoutMs) => {
      const answer = await requestJson(endpoint, "GET", "/health", undefined, timeoutMs).catch(() => undefined);
      if (answer === undefined) return { type: "silent" };
      if (answer.status === 200) return { type: "ready" };
      const { reason } = (answer.body ?? {}) as { readonly reason?: string };
      return { type: "waiting", reason };
    },
    put: async (key, value) => {
      const answer = await call<{ header: Header }>("/v3/kv/put", { key: base64(key), value: base64(value) });
      return { revision: Number(answer.header.revision) };
    },
    get: async (key) => {
      const answer = await call<{ kvs?: readonly WireKeyValue[] }>("/v3/kv/range", { key: base64(key) });
      const found = answer.kvs?.[0];
      if (found === undefined) return undefined;
      return {
        key: text(found.key),
        value: text(found.value),
        createRevision: Number(found.create_revision),
        modRevision: Number(found.mod_revision),
        version: Number(found.version),
      };
    },
    del: async (key) => {
      const answer = await call<{ deleted?: string }>("/v3/kv/deleterange", { key: base64(key) });
      return { deleted: Number(answer.deleted ?? 0) };
    },
    addMember: async (name) => {
      const body = { peerURLs: [`http://${name}:${peerPort}`], isLearner: true };
      const answer = await call<{ member: { ID: string } }>("/v3/cluster/member/add", body);
      return Number(answer.member.ID);
    },
    promoteMember: async (member) => {
      await call("/v3/cluster/member/promote", { ID: String(member) });
    },
    removeMember: async (member) => {
      await call("/v3/cluster/member/remove", { ID: String(member) });
    },
    members: async () => {
      const answer = await call<{ members: readonly WireMember[] }>("/v3/cluster/member/list", {});
      return answer.members.map(({ ID, peerURLs, isLearner }) => ({
        id: Number(ID),
        // a member that has never started has no name yet; its host is its node's name all the same
        name: new URL(peerURLs[0] ?? "").hostname,
        learner: isLearner ?? false,
      }));
    },
  };
}

async function shownTo(node: string, { client }: TlsLabel): Promise<TlsClient> {
  if (client === null) return {};
  const read = (file: string): Promise<string> =>
    readFile(file, "utf8").catch((cause: unknown) => {
      throw new DeviousError(
        "REQUEST_REFUSED",
        `${node} takes only clients with certificates, and devious's own is gone: ${file}.`,
        {
          hint: "`devious up` makes another one, and the nodes anew, one by one.",
          cause,
        },
      );
    });
  return { cert: await read(client.cert), key: await read(client.key) };
}

interface Header {
  readonly revision: string;
}

interface WireMember {
  readonly ID: string;
  readonly peerURLs: readonly string[];
  readonly isLearner?: boolean;
}

/** 64-bit numbers are text in etcd's JSON. */
interface WireKeyValue {
  readonly key: string;
  readonly value?: string;
  readonly create_revision: string;
  readonly mod_revision: string;
  readonly version: string;
}

/** Nobody answered: a connection that was refused carried nothing, any other silence may have been an answer on its way. */
export function unanswered(node: string, cause: unknown): DeviousError {
  const refusedAtOnce = (cause as { code?: string }).code === "ECONNREFUSED";
  return refusedAtOnce
    ? new DeviousError("NODE_UNREACHABLE", `${node} does not answer: ${messageOf(cause)}.`, {
        hint: "`devious status` shows which nodes run; --node asks another one.",
        cause,
      })
    : new DeviousError("REQUEST_INDEFINITE", `${node} did not answer in time; the request may or may not have taken effect.`, {
        hint: "Read the key again to find out; --node asks another node.",
        cause,
      });
}

function refused(node: string, { status, body }: HttpAnswer): DeviousError {
  const { error = `answered with HTTP status ${status}`, definite = false } = (body ?? {}) as {
    error?: string;
    definite?: boolean;
  };
  const sentence = `${node}: ${error.replace(/\.$/, "")}`;
  return definite
    ? new DeviousError("REQUEST_REFUSED", sentence, { hint: "It definitely had no effect." })
    : new DeviousError("REQUEST_INDEFINITE", sentence, {
        hint: "It may or may not have taken effect: read the key again to find out.",
      });
}
