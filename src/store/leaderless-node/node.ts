import { randomBytes } from "node:crypto";
import type { LeaderlessSwitches } from "../../core/leaderless-switches.js";
import type { Log } from "../../core/log-line.js";
import type { Prng } from "../../core/prng.js";
import type { Causality } from "../causality.js";
import type { Clock } from "../clock.js";
import type { Bitcask } from "../io/bitcask/bitcask.js";
import { PbServer } from "../io/pb-server.js";
import { RiakHttpServer } from "../io/riak-http-server.js";
import { epochsName, Leaderless } from "../leaderless/machine.js";
import type { LeaderlessEvent } from "../leaderless/steps.js";
import type { DeleteMode } from "../leaderless/objects/tombstones.js";
import { diskIdBytes } from "../leaderless/versions/actor.js";
import { Epochs } from "../leaderless/versions/epochs.js";
import { storeVersion } from "../version.js";
import { startOf } from "./cluster-state.js";
import { LeaderlessDriver } from "./driver.js";
import { describeLeaderless } from "./events.js";
import type { LeaderlessNodeOptions } from "./options.js";
import { Peers } from "./peers.js";
import { RiakStats } from "./riak-stats.js";
import { NodeStatus } from "./status.js";
import { StatusServer } from "./status-server.js";

/** What a node needs of the world while it runs. */
export interface LeaderlessPorts {
  readonly log: Log;
  readonly causality: Causality;
  readonly clock: Clock;
  readonly prng: Prng;
  readonly storage: Bitcask;
  /** It is no member any more, and has said so in its log: it is to be stopped. */
  readonly onRemoved: () => void;
}

export interface LeaderlessListening {
  readonly clientPort: number;
  readonly peerPort: number;
  readonly pbPort: number;
  readonly httpPort: number;
}

const tickMs = 100;
/** As many bits as the keys have that Riak makes for who gives none. */
const newKeyBytes = 20;

/** One running node of the leaderless store: the machine with its driver, its peers and its clients, each wired to those that it needs. */
export class LeaderlessNode {
  readonly driver: LeaderlessDriver;
  readonly #options: LeaderlessNodeOptions;
  readonly #ports: LeaderlessPorts;
  readonly #machine: Leaderless;
  readonly #peers: Peers;
  readonly #status: NodeStatus;
  readonly #pbServer: PbServer;
  readonly #httpServer: RiakHttpServer;
  readonly #riakStats: RiakStats;
  readonly #statusServer: StatusServer;
  #stopTicking: () => void = () => undefined;

  constructor(options: LeaderlessNodeOptions, ports: LeaderlessPorts) {
    const { node, member, members, cluster, switches } = options;
    const { storage, clock, causality, log, prng } = ports;
    this.#options = options;
    this.#ports = ports;
    const { state, meets } = startOf(storage, options);
    const freshDiskId = (): string => randomBytes(diskIdBytes).toString("latin1");
    this.#machine = new Leaderless({
      self: node,
      state,
      storage,
      epochs: switches.actorEpochs ? new Epochs(storage.getMeta(epochsName), freshDiskId) : undefined,
      prng: prng.fork(),
      nowMs: clock.monotonicMs(),
      defaults: switches,
      quorum: switches.quorum,
      readRepair: switches.readRepair,
      hintedHandoff: switches.hintedHandoff,
      antiEntropy: switches.antiEntropy,
      deleteMode: deleteMode(switches),
      meets,
    });
    this.#peers = new Peers({
      cluster,
      self: member,
      name: node,
      known: members,
      clock,
      causality,
      log,
      onMessage: (message) => this.driver.input({ type: "receive", message }),
      onUnreachable: (peer) => this.driver.input({ type: "unreachable", member: peer }),
    });
    this.driver = new LeaderlessDriver({
      node,
      machine: this.#machine,
      clock,
      peers: this.#peers,
      onEvent: (event) => this.#onEvent(event),
    });
    const newKey = (): string => randomBytes(newKeyBytes).toString("base64url");
    const connections = (): { pb: number; http: number } => ({ pb: this.#pbServer.active, http: this.#httpServer.active });
    this.#riakStats = new RiakStats({ node, clock, machine: this.#machine, clients: connections });
    const store = this.#riakStats.counting(this.driver);
    this.#pbServer = new PbServer(store, newKey);
    this.#httpServer = new RiakHttpServer({ store, newKey, stats: () => this.#riakStats.tell() });
    this.#status = new NodeStatus({
      options,
      clock,
      machine: this.#machine,
      storage,
      counts: this.driver.counts,
      clients: connections,
    });
    this.#statusServer = new StatusServer({
      unhealthy: () => this.#status.unhealthy(),
      status: () => this.#status.status(),
      metrics: () => this.#status.metrics(),
      ring: {
        view: () => this.#machine.ringView(cluster),
        copies: () => this.#machine.ringCopies,
        command: (command, done) => this.driver.command(command, done),
      },
      bucketTypes: { node, store: this.driver },
    });
  }

  async listen(): Promise<LeaderlessListening> {
    const { node, member, clientAddress, peerAddress, pbAddress, httpAddress } = this.#options;
    const { clock, log } = this.#ports;
    const clientPort = await this.#statusServer.listen(clientAddress.host, clientAddress.port);
    const peerPort = await this.#peers.listen(peerAddress.host, peerAddress.port);
    this.#peers.follow(this.#machine.view.state);
    this.#stopTicking = clock.every(tickMs, () => {
      this.driver.input({ type: "tick" });
      this.#riakStats.tick();
    });
    const pbPort = await this.#pbServer.listen(pbAddress.host, pbAddress.port);
    const httpPort = await this.#httpServer.listen(httpAddress.host, httpAddress.port);
    this.#status.listening();
    const ports = { clientPort, peerPort, pbPort, httpPort };
    log("info", "node-started", `${node} is up as member ${member}`, { member, ...ports, version: storeVersion });
    return ports;
  }

  /** Takes no more requests, makes what was taken durable, and closes everything. */
  async stop(): Promise<void> {
    this.#status.stopping();
    this.#ports.log("info", "node-stopping", `${this.#options.node} stops`);
    this.#stopTicking();
    this.#pbServer.close();
    this.#httpServer.close();
    this.driver.stop();
    await this.#ports.storage.close();
    this.#peers.close();
    this.#statusServer.close();
  }

  #onEvent(event: LeaderlessEvent): void {
    if (event.type === "changed") this.#peers.follow(this.#machine.view.state);
    if (event.type === "repaired") {
      this.#status.repaired(event.members.length);
      this.#riakStats.readRepaired();
    }
    const said = describeLeaderless(event);
    if (said !== undefined) this.#ports.log(said.level, said.event, said.msg, said.fields);
    if (event.type === "left") this.#ports.onRemoved();
  }
}

function deleteMode({ deleteMode: mode }: LeaderlessSwitches): DeleteMode {
  return typeof mode === "number" ? { kind: "after", ms: mode } : { kind: mode };
}
