/** Puts the agent together and serves requests until its stdin ends, which in its container is never. */
import type { Writable } from "node:stream";
import { encodeReply } from "../chaos/protocol.js";
import { decodeRequest } from "../chaos/schema.js";
import { createLog } from "../core/log-line.js";
import { chaosNode } from "../core/log-record.js";
import { messageOf } from "../core/errors.js";
import { Agent } from "./agent.js";
import { createKernel } from "./capabilities.js";
import { wallClock } from "./clock.js";
import { runCommand } from "./command.js";
import { createControlGroups } from "./control-groups.js";
import { createEngine } from "./engine.js";
import { createLedgerFile } from "./ledger-file.js";
import { createLedgerStore } from "./ledger-store.js";
import { linesOf } from "./lines.js";
import { createFindListeners } from "./listening.js";
import { createLookInside } from "./look-inside.js";
import { createMeasure } from "./measure.js";
import { openNamespace } from "./netns.js";
import { createReconciler } from "./reconciler.js";

export interface AgentOptions {
  readonly cluster: string;
  readonly engineSocket: string;
  readonly ledgerDir: string;
  /** Where the engine host's control groups are. */
  readonly cgroupDir: string;
  readonly requests: AsyncIterable<Uint8Array>;
  readonly replies: Writable;
  readonly records: Writable;
  /** The engine will not come back to this process; a new container would reach it. */
  readonly onEngineLost: () => void;
}

export async function runAgent(options: AgentOptions): Promise<void> {
  const log = createLog(
    chaosNode,
    () => wallClock.nowMs(),
    (line) => options.records.write(line),
  );
  const engine = createEngine(options.engineSocket, options.cluster);
  const kernel = createKernel(runCommand);
  const groups = createControlGroups(options.cgroupDir);
  const file = createLedgerFile(options.ledgerDir);
  const { ledger, problem } = await file.load();
  if (problem !== undefined) log("error", "ledger-unreadable", problem);
  const store = createLedgerStore({
    loaded: ledger,
    file,
    clock: wallClock,
    onUnsaved: (error) => log("error", "ledger-unsaved", `the ledger could not be saved: ${messageOf(error)}; trying again`),
    onSavedAgain: () => log("info", "ledger-saved", "the ledger is saved again"),
  });
  const reconciler = createReconciler({ engine, openNamespace, kernel, groups, store, clock: wallClock });
  const { cluster, onEngineLost } = options;
  const agent = new Agent({
    measure: createMeasure({ engine, openNamespace, groups }),
    lookInside: createLookInside({ engine, openNamespace, groups }),
    findListeners: createFindListeners(engine),
    cluster,
    engine,
    kernel,
    store,
    reconciler,
    clock: wallClock,
    log,
    onEngineLost,
  });
  void agent.start();

  for await (const line of linesOf(options.requests)) {
    const decoded = decodeRequest(line);
    if (decoded.ok) void agent.handle(decoded.request).then((reply) => options.replies.write(encodeReply(reply)));
    else if (decoded.id === undefined) log("warn", "request-unreadable", `a request could not be read: ${decoded.problem}`);
    else {
      const error = {
        code: "USAGE",
        message: `The agent refuses this request. ${decoded.problem}`,
        hint: null,
        details: [],
      } as const;
      options.replies.write(encodeReply({ id: decoded.id, ok: false, error }));
    }
  }
}
