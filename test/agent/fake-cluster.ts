import { isDeepStrictEqual } from "node:util";
import type { Addresses, Family } from "../../src/chaos/address.js";
import type { Output } from "../../src/agent/command.js";
import type { ControlGroups } from "../../src/agent/control-groups.js";
import type { NodeContainer, NodeEngine } from "../../src/agent/engine.js";
import type { OpenNamespace } from "../../src/agent/netns.js";
import type { HttpResult, HttpTask } from "../../src/agent/probe/tasks.js";
import { agentPaths } from "../../src/core/node-contract.js";
import { type StoreHooks, noHooks } from "../../src/core/store-hooks.js";
import { DeviousError } from "../../src/core/errors.js";
import { FakeIptables } from "../chaos/fake-iptables.js";
import { FakeNft } from "../chaos/fake-nft.js";
import { type FakeTc, createFakeTc } from "../chaos/fake-tc.js";

/** A node's container with a network namespace that nft and tc act on. A restart gives it a new pid and a clean namespace. */
export interface FakeNode {
  readonly name: string;
  id: string;
  pid: number;
  state: NodeContainer["state"];
  addresses: Addresses;
  /** Its endpoint on the cluster's network is another one each time it starts. */
  endpoint: string;
  namespace: FakeNamespace;
  /** Files of its control groups by name, and what its store was told: both are made anew each time it starts. */
  group: Record<string, string>;
  hooks: StoreHooks;
  /** Signals that it does not die of; SIGKILL it always does. */
  survives: readonly string[];
}

interface FakeNamespace {
  readonly nft: FakeNft;
  readonly iptables: Readonly<Record<Family, FakeIptables>>;
  readonly tc: FakeTc;
}

/** An engine, its nodes and the kernel below them, in memory, with a switch for each trouble. */
export class FakeCluster {
  readonly nodes = new Map<string, FakeNode>();
  /** Everything done to a node, e.g. `n1 pause`, `n1 nft`, `n1 tc`. */
  readonly acts: string[] = [];
  netem = true;
  /** What the probe of the kernel says. */
  cutTool: "nft" | "iptables" = "nft";
  #engineDown = false;
  /** Where set, the answer to a pause waits for it; nothing else does, and the pause itself happens just before the answer. */
  slowPause: Promise<void> | undefined;
  /** What the control group of a container that starts says. */
  configured: Readonly<Record<string, string>> = unlimited;
  /** What the kernel says to every write to a control group. */
  groupTrouble: string | undefined;
  /** Where set, a signal takes effect only after it. */
  slowKill: Promise<void> | undefined;
  /** What the engine says instead of starting a container. */
  startRefused: string | undefined;
  /** The engine lists every paused container as running. */
  staleListing = false;
  /** The engine says that it unpaused and does not. */
  deafToUnpause = false;
  /** Happens once, between the moment a process is found and its namespace is opened. */
  meanwhile: (() => void) | undefined;
  /** Tool -> what it says instead of working. */
  readonly broken = new Map<string, string>();
  /** Nodes whose stores take orders and never answer. */
  readonly silentStores = new Set<string>();
  readonly #opened: string[] = [];
  #nextPid = 100;
  #breakWatch: (error: Error) => void = () => undefined;
  readonly #onEnd = new Map<string, readonly (() => void)[]>();
  #onStart: (node: string) => void = () => undefined;

  constructor(names: readonly string[]) {
    for (const [index, name] of names.entries()) {
      const addresses = { v4: [`10.0.0.${index + 2}`], v6: [`fd00::${index + 2}`] };
      this.nodes.set(name, {
        name,
        id: `container-${name}`,
        pid: this.#nextPid++,
        state: "running",
        addresses,
        endpoint: `endpoint-${this.#nextPid}`,
        namespace: emptyNamespace(),
        group: { ...unlimited },
        hooks: noHooks,
        survives: [],
      });
    }
  }

  node(name: string): FakeNode {
    const node = this.nodes.get(name);
    if (node === undefined) throw new Error(`the test knows no ${name}`);
    return node;
  }

  stop(name: string): void {
    this.node(name).state = "stopped";
    for (const tell of this.#onEnd.get(name) ?? []) tell();
    this.#onEnd.delete(name);
  }

  #endOf({ name }: FakeNode): Promise<void> {
    return new Promise((resolve) => this.#onEnd.set(name, [...(this.#onEnd.get(name) ?? []), resolve]));
  }

  /** As after `docker restart`: at another address if one is given. */
  restart(name: string, v4?: string): void {
    const node = this.node(name);
    node.state = "running";
    node.pid = this.#nextPid++;
    node.endpoint = `endpoint-${node.pid}`;
    node.namespace = emptyNamespace();
    node.group = { ...this.configured };
    node.hooks = noHooks;
    if (v4 !== undefined) node.addresses = { ...node.addresses, v4: [v4] };
    this.#onStart(name);
  }

  get engineDown(): boolean {
    return this.#engineDown;
  }

  /** Connections break, and new ones are refused. */
  set engineDown(down: boolean) {
    this.#engineDown = down;
    if (down) this.#breakWatch(new Error("socket hang up"));
  }

  /** The nodes whose namespaces somebody has opened and not closed. */
  get openNamespaces(): readonly string[] {
    return [...this.#opened].sort();
  }

  /** What a person would see looking into the node: `paused`, `deaf to …`, `slow to …`, or `clean`. */
  look(name: string): string {
    const { state, namespace, group, hooks } = this.node(name);
    const limits = Object.entries(group).flatMap(([name, text]) =>
      name in this.configured && text === this.configured[name] ? [] : [`${name} ${text}`],
    );
    const leaves = namespace.tc.state().leaves.size;
    const sources = (namespace.nft.sources ?? []).filter((address) => !address.includes(":"));
    const chained = namespace.iptables.v4.sources;
    const seen = [
      ...(state === "running" ? [] : [state]),
      ...(sources.length === 0 ? [] : [`deaf to ${sources.join(",")}`]),
      ...(chained === undefined ? [] : [`deaf by iptables to ${chained.join(",")}`]),
      ...(state === "stopped" ? [] : limits),
      ...(state === "stopped" || isDeepStrictEqual(hooks, noHooks) ? [] : ["hooked"]),
      ...(leaves > 0 ? [`slow to ${leaves}`] : namespace.tc.state().root === undefined ? [] : ["a tree"]),
    ];
    return seen.length === 0 ? "clean" : seen.join(" + ");
  }

  readonly engine: NodeEngine = {
    nodes: async () => {
      this.#refuseWhenDown();
      return [...this.nodes.values()].map(({ name, id, state, addresses, endpoint }) => ({
        node: name,
        id,
        endpoint: state === "stopped" ? "" : endpoint,
        state: this.staleListing && state === "paused" ? "running" : state,
        addresses,
      }));
    },
    // the fake does not tell of its changes
    knownNodes: () => this.engine.nodes(),
    pidOf: async (id) => {
      this.#refuseWhenDown();
      const node = this.#byId(id);
      return node === undefined || node.state === "stopped" ? undefined : node.pid;
    },
    madeWith: async (id) => {
      this.#refuseWhenDown();
      if (this.#byId(id) === undefined) return undefined;
      const number = (name: keyof typeof unlimited, none: number): number => {
        const text = this.configured[name] ?? unlimited[name];
        return text === unlimited[name] ? none : Number(text);
      };
      return {
        nanoCpus: 0,
        cpuQuota: number("cpu.cfs_quota_us", 0),
        cpuPeriod: number("cpu.cfs_period_us", 0),
        memory: number("memory.limit_in_bytes", 0),
        memorySwap: number("memory.memsw.limit_in_bytes", -1),
      };
    },
    pause: async (id) => {
      this.#refuseWhenDown();
      await this.slowPause;
      this.#act(id, "pause").state = "paused";
    },
    unpause: async (id) => {
      this.#refuseWhenDown();
      const node = this.#act(id, "unpause");
      if (node.state === "paused" && !this.deafToUnpause) node.state = "running";
    },
    putEmptyFile: async (id, folder, name) => {
      this.#refuseWhenDown();
      this.#act(id, `puts ${folder}/${name}`);
    },
    kill: async (id, signal) => {
      this.#refuseWhenDown();
      const node = this.#act(id, signal);
      await this.slowKill;
      if (signal === "SIGKILL" || !node.survives.includes(signal)) this.stop(node.name);
    },
    stop: async (id, graceMs) => {
      this.#refuseWhenDown();
      const node = this.#act(id, `stop ${graceMs}`);
      // the end of the grace is up to the test: the tests' clock is no matter of the engine's
      if (node.survives.includes("SIGTERM")) await this.#endOf(node);
      else this.stop(node.name);
    },
    start: async (id) => {
      this.#refuseWhenDown();
      const node = this.#act(id, "start");
      if (this.startRefused !== undefined) throw new DeviousError("ENGINE_REFUSED", this.startRefused);
      if (node.state === "stopped") this.restart(node.name);
    },
    watch: async (onOpen, onStart) => {
      this.#refuseWhenDown();
      this.#onStart = onStart;
      onOpen();
      return new Promise((_, reject) => (this.#breakWatch = reject));
    },
  };

  readonly groups: ControlGroups = {
    membershipOf: async (pid) => {
      const node = [...this.nodes.values()].find((each) => each.pid === pid && each.state !== "stopped");
      return node && `4:memory:/docker/${node.id}\n3:cpu,cpuacct:/docker/${node.id}\n0::/\n`;
    },
    read: async (path) => this.#byGroup(path)?.group[nameIn(path)],
    write: async (path, text) => {
      if (this.groupTrouble !== undefined) throw Object.assign(new Error(this.groupTrouble), { code: this.groupTrouble });
      const node = this.#byGroup(path);
      if (node?.group[nameIn(path)] === undefined) throw Object.assign(new Error("ENOENT"), { code: "ENOENT" });
      this.acts.push(`${node.name} ${nameIn(path)} ${text}`);
      node.group[nameIn(path)] = text;
    },
  };

  #byGroup(path: string): FakeNode | undefined {
    const node = this.#byId(path.split("/").at(-2) ?? "");
    return node?.state === "stopped" ? undefined : node;
  }

  readonly openNamespace: OpenNamespace = async (pid) => {
    const { meanwhile } = this;
    this.meanwhile = undefined;
    meanwhile?.();
    const node = [...this.nodes.values()].find((each) => each.pid === pid && each.state !== "stopped");
    if (node === undefined) return undefined;
    const { namespace, name, addresses } = node;
    this.#opened.push(name);
    return {
      run: async (command, input = "") =>
        command.includes(agentPaths.probe)
          ? this.#probe(node, pid, input)
          : this.#run(name, addresses, namespace, command.join(" "), input),
      start: () => {
        throw new Error("no program can be talked to in the fake");
      },
      close: async () => {
        this.#opened.splice(this.#opened.indexOf(name), 1);
      },
    };
  };

  /** The namespace outlives the process, whose store does not: nobody listens there any more. */
  #probe(node: FakeNode, pid: number, input: string): Output {
    const tasks = input.trimEnd().split("\n");
    const results = tasks.map((line): HttpResult => {
      const { body } = JSON.parse(line) as HttpTask;
      if (node.pid !== pid || node.state === "stopped") return { answer: "refused" };
      if (node.state === "paused" || this.silentStores.has(node.name)) return { answer: "silent" };
      if (body !== null) {
        this.acts.push(`${node.name} hooks`);
        node.hooks = JSON.parse(body) as StoreHooks;
      }
      return { answer: "answered", status: 200, body: JSON.stringify(node.hooks) };
    });
    return said(results.map((result) => `${JSON.stringify(result)}\n`).join(""));
  }

  #run(name: string, addresses: Addresses, namespace: FakeNamespace, command: string, input: string): Output {
    const [tool = ""] = command.split(" ");
    const trouble = this.broken.get(tool);
    if (trouble !== undefined) return refused(1, trouble);
    if (command.startsWith("nft -j --echo ")) {
      this.acts.push(`${name} nft`);
      const echo = namespace.nft.transact(command.slice("nft -j --echo ".length));
      return echo === undefined ? refused(1, "Error: Could not process rule: File exists") : said(echo);
    }
    switch (command) {
      case "nft -j list table inet devious": {
        const listing = namespace.nft.list();
        return listing === undefined ? refused(1, "Error: No such file or directory") : said(listing);
      }
      case "xtables-legacy-multi iptables -w 5 -S":
        return said(namespace.iptables.v4.list());
      case "xtables-legacy-multi ip6tables -w 5 -S":
        return said(namespace.iptables.v6.list());
      case "xtables-legacy-multi iptables-restore -w 5 --noflush":
        this.acts.push(`${name} iptables`);
        namespace.iptables.v4.restore(input);
        return said("");
      case "xtables-legacy-multi ip6tables-restore -w 5 --noflush":
        namespace.iptables.v6.restore(input);
        return said("");
      case "ip -j addr show": {
        const cluster = [...addresses.v4, ...addresses.v6].map((local) => ({ local }));
        return said(
          JSON.stringify([
            { ifname: "lo", addr_info: [{ local: "127.0.0.1" }] },
            { ifname: "eth0", addr_info: cluster },
          ]),
        );
      }
      case "tc -j -batch -":
        if (!input.split("\n").every((line) => line === "" || line.includes(" show "))) this.acts.push(`${name} tc`);
        return namespace.tc.run(input);
      case "tc -j qdisc show":
        return said(namespace.tc.qdiscs());
      default:
        return refused(127, `the fake knows no ${command}`);
    }
  }

  #byId(id: string): FakeNode | undefined {
    return [...this.nodes.values()].find((node) => node.id === id);
  }

  #act(id: string, act: string): FakeNode {
    const node = this.#byId(id);
    if (node === undefined) throw new Error(`no container ${id}`);
    this.acts.push(`${node.name} ${act}`);
    return node;
  }

  #refuseWhenDown(): void {
    if (!this.engineDown) return;
    const cause = Object.assign(new Error("connect ECONNREFUSED"), { code: "ECONNREFUSED" });
    throw new DeviousError("ENGINE_UNREACHABLE", `The engine does not answer: ${cause.message}.`, { cause });
  }
}

/** As the kernel spells it. */
export const unlimited = {
  "cpu.cfs_period_us": "100000",
  "cpu.cfs_quota_us": "-1",
  "memory.limit_in_bytes": "9223372036854771712",
  "memory.memsw.limit_in_bytes": "9223372036854771712",
};

function nameIn(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

function emptyNamespace(): FakeNamespace {
  return { nft: new FakeNft(), iptables: { v4: new FakeIptables(4), v6: new FakeIptables(6) }, tc: createFakeTc() };
}

function said(stdout: string): Output {
  return { exitCode: 0, stdout, stderr: "", cutShort: false };
}

function refused(exitCode: number, stderr: string): Output {
  return { exitCode, stdout: "", stderr, cutShort: false };
}
