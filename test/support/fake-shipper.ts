import { createLog } from "../../src/core/log-line.js";
import { type ShipCounts, shipEnv, shipEvents, shipPaths, shipperNode } from "../../src/core/ship-contract.js";
import type { Program } from "../../src/engine/memory/program.js";

/** A shipper that sends nothing, and says what a test wants it to have come to. */
export class FakeShipper {
  /** Told once it runs, and when it ends. */
  counts: ShipCounts = { sent: 12_345, dropped: 0, gaps: 0, waiting: 0, sentUpTo: "2026-11-21T10:00:00.123456789Z" };
  /** Why its receiver takes nothing, and why it has refused something for good. */
  stalled: string | undefined;
  dropped: string | undefined;
  /** Ends itself as soon as it starts, or never ends when it is told to. */
  ailment: "fails" | "hangs" | undefined;

  readonly program: Program = (process) => {
    const log = createLog(shipperNode, Date.now, (line) => process.write("stdout", line));
    const disk = process.volume(shipPaths.dir);
    disk.set("starts", `${disk.get("starts") ?? ""}+`);
    if (this.ailment === "fails") {
      log("fatal", shipEvents.failed, "sending broke off: no engine");
      process.exit(3);
      return;
    }
    log("info", shipEvents.began, "sending", { otlp: process.spec.environment[shipEnv.otlp], starts: disk.get("starts") });
    if (this.dropped !== undefined) log("error", shipEvents.dropped, "dropped", { count: 1, why: this.dropped });
    if (this.stalled !== undefined) log("warn", shipEvents.stalled, "stalled", { why: this.stalled });
    log("debug", shipEvents.progress, "progress", { ...this.counts });
    process.onSignal((signal) => {
      if (signal !== "SIGTERM" || this.ailment === "hangs") return;
      log("info", shipEvents.ended, "ended", { ...this.counts });
      process.exit(0);
    });
  };
}
