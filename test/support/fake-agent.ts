import { describeFault, isMomentary, nodesOf } from "../../src/chaos/fault.js";
import type { ActiveFault, Fault } from "../../src/chaos/fault.js";
import { add, emptyLedger, expire, heal, nextDeadlineMs, wasGiven } from "../../src/chaos/ledger.js";
import type { Ledger } from "../../src/chaos/ledger.js";
import { encodeReply, toWireError } from "../../src/chaos/protocol.js";
import type { Examination, FaultView, LinkView, Operation, Request, Results } from "../../src/chaos/protocol.js";
import { decodeRequest } from "../../src/chaos/schema.js";
import type { Listener } from "../../src/chaos/listener.js";
import type { Proof } from "../../src/chaos/proof.js";
import { describeStandingLink } from "../../src/chaos/standing-link.js";
import { needsNetem, netemMissing } from "../../src/chaos/tc-netem.js";
import { unknownNode } from "../../src/chaos/target.js";
import { nodeContainerName } from "../../src/cluster/names.js";
import { DeviousError } from "../../src/core/errors.js";
import { createLog } from "../../src/core/log-line.js";
import { agentCommands, agentEnv, agentPaths } from "../../src/core/node-contract.js";
import { label } from "../../src/core/labels.js";
import type { MemoryEngine } from "../../src/engine/memory/memory-engine.js";
import type { Program } from "../../src/engine/memory/program.js";

/**
 * What the pretended kernel can do: `netem` false as on one that has none, `works` false as one on which nothing can be felt; and where it
 * says that nodes listen.
 */
export interface FakeKernel {
  netem: boolean;
  works: boolean;
  readonly listeners: Map<string, readonly Listener[]>;
}

/**
 * An agent without a kernel: it keeps the ledger and ends faults in time, pauses, kills, stops and starts for real, and only pretends to
 * cut, to slow, to limit and to measure.
 */
export function createFakeAgent(engine: () => MemoryEngine, kernel: FakeKernel): Program {
  return (process) => {
    if (process.spec.command.includes(agentCommands.examine)) {
      process.write("stdout", `${JSON.stringify(examination(kernel))}\n`);
      process.exit(0);
      return;
    }
    const cluster = process.spec.environment[agentEnv.cluster] ?? "";
    const disk = process.volume(agentPaths.ledgerDir);
    const saved = disk.get("ledger");
    let ledger = saved === undefined ? emptyLedger : (JSON.parse(saved) as Ledger);
    const proofs = new Map<string, Proof>();
    let timer: NodeJS.Timeout | undefined;
    const log = createLog("chaos", Date.now, (line) => process.write("stdout", line));

    const view = (active: ActiveFault): FaultView => ({
      ...active,
      description: describeFault(active.fault),
      timeLeftMs: active.deadlineMs === null ? null : Math.max(0, active.deadlineMs - Date.now()),
      troubles: {},
      proof: proofs.get(active.id) ?? readBack,
    });
    const linkViews = (): readonly LinkView[] =>
      (ledger.links ?? []).map((link) => ({ ...link, description: describeStandingLink(link), troubles: {} }));
    const save = (next: Ledger): void => {
      ledger = next;
      disk.set("ledger", JSON.stringify(ledger));
      clearTimeout(timer);
      const deadlineMs = nextDeadlineMs(ledger);
      if (deadlineMs === undefined) return;
      timer = setTimeout(() => void end(expire(ledger, Date.now()), "deadline"), Math.max(0, deadlineMs - Date.now()));
    };
    const end = async (ended: ReturnType<typeof heal>, reason: string): Promise<void> => {
      save(ended.ledger);
      for (const active of ended.healed) {
        await Promise.all(nodesOf(active.fault).map((node) => undo(active.fault, containerOf(node))));
        log("info", "fault-healed", `${describeFault(active.fault)}: over (${reason})`, { fault: active.id, reason });
      }
    };
    const containerOf = (node: string): string => nodeContainerName(cluster, node);
    const undo = async ({ kind }: Fault, container: string): Promise<void> => {
      if (kind === "pause") await engine().unpauseContainer(container);
      if (kind === "kill" || kind === "stop") await engine().startContainer(container);
    };
    const hurt = async (fault: Fault, container: string): Promise<void> => {
      if (fault.kind === "pause") await engine().pauseContainer(container);
      if (fault.kind === "kill") await engine().signalContainer(container, `SIG${fault.signal}`);
      if (fault.kind === "stop" || fault.kind === "restart") await engine().stopContainer(container, fault.graceMs);
      if (fault.kind === "wipe") await engine().signalContainer(container, "SIGKILL");
      if (isMomentary(fault)) await engine().startContainer(container);
    };

    const carryOut = async (operation: Operation): Promise<Results[keyof Results]> => {
      switch (operation.op) {
        case "apply": {
          const { fault, durationMs, seed, verify } = operation;
          const containers = await engine().listContainers([`${label.cluster}=${cluster}`, label.node]);
          const known = containers.map(({ labels }) => labels[label.node] ?? "");
          const stranger = nodesOf(fault).find((node) => !known.includes(node));
          if (stranger !== undefined) throw unknownNode(stranger, known);
          if (fault.kind === "slow" && !kernel.netem) {
            throw new DeviousError("NETEM_MISSING", "This kernel has no netem.", { hint: "modprobe sch_netem" });
          }
          const { ledger: next, added } = add(ledger, fault, Date.now(), durationMs, seed);
          save(next);
          await Promise.all(nodesOf(fault).map((node) => hurt(fault, containerOf(node))));
          if (verify && !kernel.works) {
            await end(heal(ledger, { by: "id", id: added.id }), "rollback");
            throw new DeviousError("FAULT_NOT_PROVEN", "Nothing of it can be felt.", { details: ["asked this, measured that"] });
          }
          proofs.set(added.id, verify ? measured : readBack);
          log("warn", "fault-applied", describeFault(fault), { fault: added.id, kind: fault.kind });
          if (isMomentary(fault)) save(heal(ledger, { by: "id", id: added.id }).ledger);
          return { fault: view(added) };
        }
        case "links": {
          const { links } = operation;
          if (!kernel.netem && links.some(({ impairment }) => needsNetem(impairment))) throw netemMissing();
          save({ ...ledger, links });
          log("info", "links-applied", links.map(describeStandingLink).join(", "));
          return { links: linkViews() };
        }
        case "start": {
          const all = await engine().listContainers([`${label.cluster}=${cluster}`, label.node]);
          const down = operation.nodes.filter((node) =>
            all.some(({ labels, state }) => labels[label.node] === node && state !== "running"),
          );
          await Promise.all(down.map((node) => engine().startContainer(containerOf(node))));
          const keeping = ledger.faults.filter(({ fault }) => fault.kind === "kill" || fault.kind === "stop");
          const over = keeping.filter(({ fault }) => nodesOf(fault).every((node) => operation.nodes.includes(node)));
          for (const { id } of over) save(heal(ledger, { by: "id", id }).ledger);
          return { started: down };
        }
        case "heal": {
          const { what } = operation;
          if (what.by === "id" && !wasGiven(ledger, what.id)) {
            throw new DeviousError("UNKNOWN_FAULT", `There has been no fault "${what.id}" in this cluster.`);
          }
          const ended = heal(ledger, what);
          await end(ended, "asked");
          return { healed: ended.healed };
        }
        case "list":
          return { faults: ledger.faults.map(view), links: linkViews() };
        case "probe":
          return { cut: "nft", netem: kernel.netem, ipv6: true };
        case "examine":
          return examination(kernel);
        case "rules":
          return { texts: Object.fromEntries(operation.nodes.map((node) => [node, `rules of ${node}\n`])) };
        case "listening":
          return { listeners: Object.fromEntries([...kernel.listeners].filter(([node]) => operation.nodes.includes(node))) };
        case "ping":
          return { cluster, startedAtMs: 0 };
      }
    };

    const refuse = (id: string, error: DeviousError): void => {
      process.write("stderr", encodeReply({ id, ok: false, error: toWireError(error) }));
    };
    const handle = async (request: Request): Promise<void> => {
      try {
        process.write("stderr", encodeReply({ id: request.id, ok: true, result: await carryOut(request) }));
      } catch (error) {
        if (!(error instanceof DeviousError)) throw error;
        refuse(request.id, error);
      }
    };
    // the real agent's door: what it refuses, this one refuses
    const take = (line: string): void => {
      const decoded = decodeRequest(line);
      if (decoded.ok) void handle(decoded.request);
      else refuse(decoded.id ?? "", new DeviousError("USAGE", decoded.problem));
    };
    process.onInput((text) => {
      for (const line of text.split("\n")) if (line !== "") take(line);
    });
    process.onSignal(() => process.exit(0));
    process.ended.addEventListener("abort", () => clearTimeout(timer));
    log("info", "agent-started", `holding ${ledger.faults.length} faults of cluster ${cluster}`);
    save(ledger);
  };
}

const readBack: Proof = { how: "read-back" };

const measured: Proof = {
  how: "measured",
  measurements: [
    { what: "n2 -> n1 delay", asked: "100ms", measured: "99.7ms (p50 of 20)", ok: true },
    { what: "n2 -> n3 delay", asked: "100ms", measured: "100.2ms (p50 of 20)", ok: true },
  ],
};

/** A machine that lacks nothing, but perhaps netem. */
function examination({ netem }: { readonly netem: boolean }): Examination {
  return {
    cut: "nft",
    netem,
    ipv6: true,
    features: { nft: true, iptables: true, ip6tables: true, htb: true, tbf: true, u32: true, ifb: true, mirred: true },
    distributions: ["uniform", "normal", "pareto", "paretonormal"],
    cgroup: { version: 2, freezer: true },
    inotify: { instances: 128, watches: 65_536 },
    freeBytes: 50e9,
  };
}
