import type { LogRecord } from "../../src/core/log-record.js";
import { stampAt } from "./docker-log.js";

/** A record of a test, said `ns` nanoseconds after noon. */
export function recordAt(ns: number, rest: Partial<LogRecord> = {}): LogRecord {
  return {
    ts: stampAt(ns),
    cluster: "demo",
    service: "demo",
    node: "n1",
    stream: "stdout",
    level: "info",
    event: "",
    msg: "",
    fields: {},
    seq: 1,
    ...rest,
  };
}
