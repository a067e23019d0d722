import { describeFault, nodesOf } from "../../src/chaos/fault.js";
import type { ActiveFault } from "../../src/chaos/fault.js";
import { add, emptyLedger, expire, heal, nextDeadlineMs, wasGiven } from "../../src/chaos/ledger.js";
import type { Ledger } from "../../src/chaos/ledger.js";
import { encodeReply, toWireError } from "../../src/chaos/protocol.js";
import type { FaultView, Operation, Request, Results } from "../../src/chaos/protocol.js";
import { unknownNode } from "../../src/chaos/target.js";
import { nodeContainerName } from "../../src/cluster/names.js";
import { DeviousError } from "../../src/core/errors.js";
import { createLog } from "../../src/core/log-line.js";
import { agentEnv, agentPaths } from "../../src/core/node-contract.js";
import { label } from "../../src/core/labels.js";
import type { MemoryEngine } from "../../src/engine/memory/memory-engine.js";
import type { Program } from "../../src/engine/memory/program.js";

/**
 * An agent without a kernel: it keeps the ledger and ends faults in time, pauses for real, and only pretends to cut and to slow.
 * `netem` false: as on a kernel that has none.
 */
export function createFakeAgent(engine: () => MemoryEngine, kernel: { netem: boolean }): Program {
  return (process) => {
    const cluster = process.spec.environment[agentEnv.cluster] ?? "";
    const disk = process.volume(agentPaths.ledgerDir);
    const saved = disk.get("ledger");
    let ledger = saved === undefined ? emptyLedger : (JSON.parse(saved) as Ledger);
    let timer: NodeJS.Timeout | undefined;
    const log = createLog("chaos", Date.now, (line) => process.write("stdout", line));

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
        if (active.fault.kind === "pause") await Promise.all(active.fault.nodes.map((node) => thaw(node)));
        log("info", "fault-healed", `${describeFault(active.fault)}: over (${reason})`, { fault: active.id, reason });
      }
    };
    const thaw = (node: string): Promise<void> => engine().unpauseContainer(nodeContainerName(cluster, node));

    const carryOut = async (operation: Operation): Promise<Results[keyof Results]> => {
      switch (operation.op) {
        case "apply": {
          const { fault, durationMs } = operation;
          const containers = await engine().listContainers([`${label.cluster}=${cluster}`, label.node]);
          const known = containers.map(({ labels }) => labels[label.node] ?? "");
          const stranger = nodesOf(fault).find((node) => !known.includes(node));
          if (stranger !== undefined) throw unknownNode(stranger, known);
          if (fault.kind === "delay" && !kernel.netem) {
            throw new DeviousError("NETEM_MISSING", "This kernel has no netem.", { hint: "modprobe sch_netem" });
          }
          const { ledger: next, added } = add(ledger, fault, Date.now(), durationMs);
          save(next);
          if (fault.kind === "pause") {
            await Promise.all(fault.nodes.map((node) => engine().pauseContainer(nodeContainerName(cluster, node))));
          }
          log("warn", "fault-applied", describeFault(fault), { fault: added.id, kind: fault.kind });
          return { fault: view(added) };
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
          return { faults: ledger.faults.map(view) };
        case "probe":
          return { cut: "nft", netem: kernel.netem, ipv6: true };
        case "ping":
          return { cluster, startedAtMs: 0 };
      }
    };

    const handle = async (request: Request): Promise<void> => {
      try {
        process.write("stderr", encodeReply({ id: request.id, ok: true, result: await carryOut(request) }));
      } catch (error) {
        if (!(error instanceof DeviousError)) throw error;
        process.write("stderr", encodeReply({ id: request.id, ok: false, error: toWireError(error) }));
      }
    };
    process.onInput((text) => {
      for (const line of text.split("\n")) if (line !== "") void handle(JSON.parse(line) as Request);
    });
    process.onSignal(() => process.exit(0));
    process.ended.addEventListener("abort", () => clearTimeout(timer));
    log("info", "agent-started", `holding ${ledger.faults.length} faults of cluster ${cluster}`);
    save(ledger);
  };
}

function view(active: ActiveFault): FaultView {
  const timeLeftMs = active.deadlineMs === null ? null : Math.max(0, active.deadlineMs - Date.now());
  return { ...active, description: describeFault(active.fault), timeLeftMs, troubles: {} };
}
