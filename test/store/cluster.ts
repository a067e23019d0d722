import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createLog } from "../../src/core/log-line.js";
import { wipeOrder } from "../../src/core/node-contract.js";
import { createPrng } from "../../src/core/prng.js";
import { safeSwitches, type StoreSwitches } from "../../src/core/store-switches.js";
import type { StoreHooks } from "../../src/core/store-hooks.js";
import { Causality } from "../../src/store/causality.js";
import { TroubledClock } from "../../src/store/clock.js";
import { realTime } from "../../src/store/io/real-time.js";
import { startNode } from "../../src/store/start-node.js";
import { defaultUpkeep } from "../../src/store/node-options.js";
import type { Timing, UpkeepOptions } from "../../src/store/node-options.js";
import type { RunningNode } from "../../src/store/start-node.js";
import type { Member } from "../../src/store/replica.js";
import { freePorts, freed } from "../support/ports.js";

/** Real nodes in this process, on 127.0.0.1 and real files: everything but the container. */
export interface TestCluster {
  readonly members: readonly Member[];
  readonly nodes: Map<number, RunningNode>;
  /** Where members shall take clients from their next start on; the system chooses where nothing is said. */
  readonly clientPorts: Map<number, number>;
  readonly logLines: string[];
  /** Members that ended because they were told that they are none any more. */
  readonly removed: number[];
  /** Added to every node's clock: time that a test does not want to spend. */
  readonly clock: { aheadMs: number };
  start(member: number, clusterState?: "new" | "existing", knownMembers?: readonly Member[]): Promise<void>;
  stop(member: number): Promise<void>;
  /** Stops it; its next start finds an empty disk. */
  loseDisk(member: number): Promise<void>;
  /** Asks a node to hurt itself; rejects where it refuses. */
  hurt(member: number, hooks: StoreHooks): Promise<void>;
  post(member: number, path: string, body: unknown): Promise<{ status: number; body: Record<string, unknown> }>;
  get(member: number, path: string): Promise<{ status: number; body: Record<string, unknown> }>;
  stopAll(): Promise<void>;
  /** Stops all and removes their files. */
  destroy(): Promise<void>;
}

export async function testCluster(
  size: number,
  timing: Partial<Timing> = {},
  switches: Partial<StoreSwitches> = {},
  upkeep: Partial<UpkeepOptions> = {},
): Promise<TestCluster> {
  const root = mkdtempSync(join(tmpdir(), "devious-store-"));
  const ports = await freePorts(size);
  const members = ports.map((peerPort, i) => ({ id: i + 1, name: `n${i + 1}`, host: "127.0.0.1", peerPort }));
  const nodes = new Map<number, RunningNode>();
  const clientPorts = new Map<number, number>();
  const logLines: string[] = [];
  const removed: number[] = [];
  const clock = { aheadMs: 0 };

  const cluster: TestCluster = {
    members,
    nodes,
    clientPorts,
    logLines,
    removed,
    clock,
    async start(member, clusterState = "new", knownMembers = members) {
      const self = members[member - 1] as Member;
      const ownClock = new TroubledClock({ ...realTime, monotonicMs: () => performance.now() + clock.aheadMs });
      const causality = new Causality(self.name, ownClock.wallMs);
      const clientPort = clientPorts.get(member) ?? 0;
      await Promise.all([self.peerPort, clientPort].map(freed));
      const node = await startNode(
        {
          cluster: "test",
          node: self.name,
          member,
          members: knownMembers,
          clusterState,
          timing: {
            electionTimeoutMs: 200,
            heartbeatIntervalMs: 20,
            snapshotEntries: 10_000,
            keepEntries: 5000,
            requestTimeoutMs: 2500,
            ...timing,
          },
          switches: { ...safeSwitches, ...switches },
          upkeep: { ...defaultUpkeep, ...upkeep },
          dataDir: join(root, self.name),
          clientAddress: { host: "127.0.0.1", port: clientPort },
          peerAddress: { host: "127.0.0.1", port: self.peerPort },
          adminAddress: { host: "127.0.0.1", port: 0 },
        },
        {
          log: createLog(
            self.name,
            ownClock.wallMs,
            (line) => logLines.push(line),
            () => causality.line(),
          ),
          causality,
          clock: ownClock,
          prng: createPrng(member),
          onFatal: (error) => {
            throw error;
          },
          onRemoved: () => {
            removed.push(member);
            void cluster.stop(member);
          },
        },
      );
      nodes.set(member, node);
    },
    async stop(member) {
      await nodes.get(member)?.stop();
      nodes.delete(member);
    },
    async loseDisk(member) {
      await cluster.stop(member);
      writeFileSync(join(root, members[member - 1]?.name ?? "", wipeOrder), "");
    },
    async hurt(member, hooks) {
      const answer = await call(nodes.get(member)?.adminPort, "PUT", "/hooks", JSON.stringify(hooks));
      if (answer.status !== 200) throw new Error(JSON.stringify(answer));
    },
    post: (member, path, body) => call(nodes.get(member)?.clientPort, "POST", path, JSON.stringify(body)),
    get: (member, path) => call(nodes.get(member)?.clientPort, "GET", path, ""),
    async stopAll() {
      await Promise.all([...nodes.values()].map((node) => node.stop()));
    },
    async destroy() {
      await cluster.stopAll();
      rmSync(root, { recursive: true });
    },
  };
  return cluster;
}

function call(
  port: number | undefined,
  method: string,
  path: string,
  body: string,
): Promise<{ status: number; body: Record<string, unknown> }> {
  return new Promise((resolve, reject) => {
    const outgoing = request({ host: "127.0.0.1", port, method, path }, (response) => {
      let text = "";
      response.on("data", (chunk) => (text += chunk));
      response.on("end", () => resolve({ status: response.statusCode ?? 0, body: JSON.parse(text) as Record<string, unknown> }));
    });
    outgoing.on("error", reject);
    outgoing.end(body);
  });
}

export const base64 = (text: string): string => Buffer.from(text).toString("base64");

/** Asks until `check` holds or the time is over; returns the last answer. */
export async function until<T>(ask: () => T | Promise<T>, check: (answer: T) => boolean, timeoutMs = 5000): Promise<T> {
  const untilMs = performance.now() + timeoutMs;
  for (;;) {
    const answer = await ask();
    if (check(answer) || performance.now() > untilMs) return answer;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
