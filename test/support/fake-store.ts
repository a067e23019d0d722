import { createServer } from "node:http";
import type { IncomingMessage } from "node:http";
import { createLog } from "../../src/core/log-line.js";
import { clientPort, dataDir, nodeEnv } from "../../src/core/node-contract.js";
import type { Process, Program } from "../../src/engine/memory/program.js";

/** What can be wrong with a node. `slow`: answers writes with an error that proves nothing. `hasty`: promotes a learner, and then refuses to. */
export type Ailment = "exits" | "silent" | "no-quorum" | "slow" | "hasty";

interface Pair {
  readonly value: string;
  readonly createRevision: number;
  readonly modRevision: number;
  readonly version: number;
}

interface Member {
  readonly id: number;
  readonly name: string;
  learner: boolean;
  /** Whether it was refused as a voter once, as one that has not caught up yet. */
  refused: boolean;
}

/** A store's data and configuration, which all of its nodes share: agreement at no cost. */
interface Group {
  members: Member[];
  nextMember: number;
  revision: number;
  pairs: Map<string, Pair>;
  readonly running: Set<string>;
}

interface Answer {
  readonly status: number;
  readonly body: unknown;
}

/** Of all requests; 64-bit numbers and bytes are text. */
interface Fields {
  readonly key?: string;
  readonly value?: string;
  readonly ID?: string;
  readonly peerURLs?: readonly string[];
}

/** Nodes of a store without a protocol, for tests of what stands around the store: they answer as the real one does. */
export class FakeStores {
  /** Node -> what is wrong with it, from its next start on. */
  readonly ailments = new Map<string, Ailment>();
  readonly #groups = new Map<string, Group>();

  readonly program: Program = (process) => {
    const env = process.spec.environment;
    const node = env[nodeEnv.node] ?? "";
    const ailment = this.ailments.get(node);
    const log = createLog(node, Date.now, (line) => process.write("stdout", line));
    log("debug", "environment-read", "knows who it is", { member: Number(env[nodeEnv.member]) });
    if (ailment === "exits") {
      log("fatal", "start-failed", "the disk is made of cheese");
      process.exit(3);
      return;
    }
    const group = this.#join(process, node);
    log("info", "node-started", "listens", { member: Number(env[nodeEnv.member]) });
    process.ended.addEventListener("abort", () => group.running.delete(node));
    process.onSignal((signal) => {
      if (signal !== "SIGTERM") return;
      log("info", "node-stopping", "was asked to stop");
      process.exit(0);
    });
    if (ailment === "silent") return;
    const server = createServer((request, response) => {
      void bodyOf(request).then((body) => {
        const { status, body: said } = answer(group, node, ailment, request.url ?? "", body);
        response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(said));
      });
    });
    process.listen(clientPort, (socket) => void server.emit("connection", socket));
  };

  #join(process: Process, node: string): Group {
    const env = process.spec.environment;
    const key = `${env[nodeEnv.cluster]}/${env[nodeEnv.service]}`;
    const data = process.volume(dataDir);
    let group = this.#groups.get(key);
    const isNew = env[nodeEnv.clusterState] === "new" && !data.has("member");
    if (group === undefined || (isNew && group.running.size === 0)) {
      group = { members: [], nextMember: 1, revision: 1, pairs: new Map(), running: new Set() };
      this.#groups.set(key, group);
    }
    if (group.members.length === 0) {
      group.members = (env[nodeEnv.members] ?? "").split(",").map((pair) => {
        const [id = "", name = ""] = pair.split("=");
        return { id: Number(id), name, learner: false, refused: false };
      });
      group.nextMember = Math.max(...group.members.map(({ id }) => id)) + 1;
    }
    data.set("member", env[nodeEnv.member] ?? "");
    group.running.add(node);
    return group;
  }
}

function answer(group: Group, node: string, ailment: Ailment | undefined, url: string, body: Fields): Answer {
  const voters = group.members.filter(({ learner }) => !learner);
  const up = voters.filter(({ name }) => group.running.has(name));
  const leader = ailment !== "no-quorum" && up.length > voters.length / 2 ? (up[0]?.name ?? null) : null;
  const [path = "", query] = url.split("?");
  if (path === "/status") return { status: 200, body: statusOf(group, node, leader, query === "hash=1") };
  if (path === "/health")
    return leader === null
      ? { status: 503, body: { health: "false", reason: "there is no leader" } }
      : { status: 200, body: { health: "true" } };
  if (leader === null) return failure(503, 14, "no leader", true);
  if (ailment === "slow") return failure(503, 14, "request timed out", false);
  return path.startsWith("/v3/kv/") ? answerKv(group, path, body) : answerMember(group, path, body, ailment === "hasty");
}

function failure(status: number, code: number, why: string, definite: boolean): Answer {
  const error = `etcdserver: ${why}`;
  return { status, body: { error, message: error, code, definite } };
}

/** No call of etcd's has the path. */
const unknownPath: Answer = { status: 404, body: null };

function statusOf(group: Group, node: string, leader: string | null, withHash: boolean): unknown {
  const names = (learner: boolean): string[] => group.members.filter((one) => one.learner === learner).map(({ name }) => name);
  const self = group.members.find(({ name }) => name === node);
  return {
    node,
    member: self?.id ?? 0,
    role: leader === node ? "leader" : self?.learner === true ? "learner" : leader === null ? "candidate" : "follower",
    term: 1,
    leader,
    commit: group.revision,
    applied: group.revision,
    revision: group.revision,
    voters: names(false),
    learners: names(true),
    uptimeMs: 1000,
    ...(withHash ? { hash: JSON.stringify([...group.pairs].map(([key, { value }]) => [key, value])) } : {}),
  };
}

function answerKv(group: Group, path: string, { key = "", value = "" }: Fields): Answer {
  const pair = group.pairs.get(key);
  const done = (rest: object): Answer => ({ status: 200, body: { header: { revision: String(group.revision) }, ...rest } });
  switch (path) {
    case "/v3/kv/put":
      group.revision += 1;
      group.pairs.set(key, {
        value,
        createRevision: pair?.createRevision ?? group.revision,
        modRevision: group.revision,
        version: (pair?.version ?? 0) + 1,
      });
      return done({});
    case "/v3/kv/range":
      if (pair === undefined) return done({});
      return done({
        kvs: [
          {
            key,
            value: pair.value,
            create_revision: String(pair.createRevision),
            mod_revision: String(pair.modRevision),
            version: String(pair.version),
          },
        ],
        count: "1",
      });
    case "/v3/kv/deleterange":
      if (!group.pairs.delete(key)) return done({});
      group.revision += 1;
      return done({ deleted: "1" });
    default:
      return unknownPath;
  }
}

function answerMember(
  group: Group,
  path: string,
  { peerURLs: [peerUrl = ""] = [], ID = "" }: Fields,
  promotesItself: boolean,
): Answer {
  const member = group.members.find(({ id }) => id === Number(ID));
  switch (path) {
    case "/v3/cluster/member/list": {
      const members = group.members.map((one) => ({
        ID: String(one.id),
        name: one.name,
        peerURLs: [`http://${one.name}:2380`],
        isLearner: one.learner,
      }));
      return { status: 200, body: { members } };
    }
    case "/v3/cluster/member/add": {
      const name = new URL(peerUrl).hostname;
      const added = { id: group.nextMember++, name, learner: true, refused: false };
      group.members.push(added);
      return { status: 200, body: { member: { ID: String(added.id), name } } };
    }
    case "/v3/cluster/member/promote":
      if (member === undefined) return failure(404, 5, "member not found", true);
      if (!member.learner) return failure(412, 9, "can only promote a learner member", true);
      if (!member.refused) {
        member.refused = true;
        if (promotesItself) member.learner = false;
        return failure(412, 9, "can only promote a learner member which is in sync with leader", true);
      }
      member.learner = false;
      return { status: 200, body: {} };
    case "/v3/cluster/member/remove":
      if (member === undefined) return failure(404, 5, "member not found", true);
      group.members = group.members.filter((one) => one !== member);
      return { status: 200, body: {} };
    default:
      return unknownPath;
  }
}

async function bodyOf(request: IncomingMessage): Promise<Fields> {
  let text = "";
  for await (const chunk of request as AsyncIterable<Buffer>) text += chunk.toString("utf8");
  return text === "" ? {} : (JSON.parse(text) as Fields);
}
