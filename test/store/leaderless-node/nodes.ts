/** Real nodes of the leaderless store in this process, on 127.0.0.1 and real files: everything but the container. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { leaderlessDefaults, type LeaderlessSwitches } from "../../../src/core/leaderless-switches.js";
import { createLog } from "../../../src/core/log-line.js";
import { createPrng } from "../../../src/core/prng.js";
import { Causality } from "../../../src/store/causality.js";
import { TroubledClock } from "../../../src/store/clock.js";
import { realTime } from "../../../src/store/io/real-time.js";
import { startLeaderless, type RunningLeaderless } from "../../../src/store/leaderless-node/start.js";
import type { LeaderlessStatus } from "../../../src/store/leaderless-node/status.js";
import type { Member } from "../../../src/store/replica.js";
import { freePorts, freed } from "../../support/ports.js";
import { until } from "../cluster.js";

export class TestNodes {
  readonly logLines: string[] = [];
  readonly #root = mkdtempSync(join(tmpdir(), "devious-leaderless-"));
  readonly #running = new Map<string, RunningLeaderless>();
  #members: readonly Member[];
  readonly #switches: LeaderlessSwitches;

  private constructor(members: readonly Member[], switches: LeaderlessSwitches) {
    this.#members = members;
    this.#switches = switches;
  }

  /** Nodes n1, n2, …, all started. */
  static async start(count: number, switches: Partial<LeaderlessSwitches> = {}): Promise<TestNodes> {
    const ports = await freePorts(count);
    const members = ports.map((peerPort, i) => ({ id: i + 1, name: `n${i + 1}`, host: "127.0.0.1", peerPort }));
    const nodes = new TestNodes(members, { ...leaderlessDefaults, ...switches });
    await Promise.all(members.map(({ name }) => nodes.startNode(name)));
    // a node refuses what clients ask until its disk has what it is to write as
    for (const { name } of members)
      await until(
        () => nodes.health(name),
        (status) => status === 200,
      );
    return nodes;
  }

  /** Starts a node that no member was told of, and that was told of all members. */
  async join(name: string): Promise<void> {
    const [peerPort = 0] = await freePorts(1);
    this.#members = [...this.#members, { id: this.#members.length + 1, name, host: "127.0.0.1", peerPort }];
    await this.startNode(name, "existing");
  }

  async startNode(name: string, clusterState: "new" | "existing" = "new"): Promise<void> {
    const { id, peerPort } = this.#members.find((member) => member.name === name) as Member;
    const clock = new TroubledClock(realTime);
    const causality = new Causality(name, clock.wallMs);
    const any = { host: "127.0.0.1", port: 0 };
    await freed(peerPort);
    const node = await startLeaderless(
      {
        cluster: "test",
        node: name,
        member: id,
        members: this.#members,
        clusterState,
        dataDir: join(this.#root, name),
        clientAddress: any,
        peerAddress: { host: "127.0.0.1", port: peerPort },
        adminAddress: any,
        pbAddress: any,
        httpAddress: any,
        switches: this.#switches,
      },
      {
        log: createLog(
          name,
          clock.wallMs,
          (line) => this.logLines.push(line),
          () => causality.line(),
        ),
        causality,
        clock,
        prng: createPrng(id),
        onFatal: (error) => {
          throw error;
        },
        onRemoved: () => undefined,
      },
    );
    this.#running.set(name, node);
  }

  async stopNode(name: string): Promise<void> {
    await this.#running.get(name)?.stop();
    this.#running.delete(name);
  }

  /** Of Riak's protocol buffers, `host:port`. */
  address(name: string): string {
    return `127.0.0.1:${this.#of(name).pbPort}`;
  }

  /** Of Riak's HTTP, `http://host:port`. */
  httpUrl(name: string): string {
    return `http://127.0.0.1:${this.#of(name).httpPort}`;
  }

  async status(name: string): Promise<LeaderlessStatus> {
    const response = await fetch(`http://127.0.0.1:${this.#of(name).clientPort}/status`);
    return (await response.json()) as LeaderlessStatus;
  }

  /** Where it tells of itself and takes what operators ask. */
  statusUrl(name: string, path: string): string {
    return `http://127.0.0.1:${this.#of(name).clientPort}${path}`;
  }

  async health(name: string): Promise<number> {
    return (await fetch(`http://127.0.0.1:${this.#of(name).clientPort}/health`)).status;
  }

  /** Stops all and removes their files. */
  async destroy(): Promise<void> {
    await Promise.all([...this.#running.keys()].map((name) => this.stopNode(name)));
    rmSync(this.#root, { recursive: true });
  }

  #of(name: string): RunningLeaderless {
    const node = this.#running.get(name);
    if (node === undefined) throw new Error(`${name} does not run`);
    return node;
  }
}
