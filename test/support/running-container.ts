import type { ContainerDetail } from "../../src/engine/port.js";

/** A container that runs, of which nothing else is to be said. */
export const runningContainer: ContainerDetail = {
  id: "c",
  name: "c",
  image: "i",
  labels: {},
  state: "running",
  startedAt: "2026-01-01T00:00:00Z",
  endedAt: undefined,
  exitCode: undefined,
  oomKilled: false,
  restarts: 0,
  health: undefined,
  tty: false,
  logFileBytes: undefined,
  endpoints: new Map(),
};
