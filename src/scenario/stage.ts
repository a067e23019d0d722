import { setMaxListeners } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { type InjectEngine, heal, inject, injectFault } from "../cluster/inject.js";
import { type ObservedEngine, observeCluster } from "../cluster/observe.js";
import { askRoles } from "../cluster/roles.js";
import { type LogEngine, readLogs } from "../logs/tail.js";
import type { Stage } from "./perform.js";

export type StageEngine = InjectEngine & ObservedEngine & LogEngine;

/** For a fault that is over as soon as it is done, should nobody be there to see it. */
const momentMs = 60_000;

/** A real cluster, looked at anew for every fault: containers come and go while a scenario runs. */
export function clusterStage(engine: StageEngine, cluster: string): Stage {
  const look = () => observeCluster(engine, cluster);
  return {
    apply: async (action, { durationMs, seed }) => {
      const options = { durationMs: durationMs === 0 ? momentMs : durationMs, seed, verify: false };
      const found = await look();
      return action.by === "moment"
        ? inject(engine, found, action.wish, options)
        : injectFault(engine, found, action.fault, options);
    },
    heal: async (id) => void (await heal(engine, await look(), { by: "id", id })),
    roles: async () => askRoles(engine, (await look()).nodes),
    records: (signal) => readLogs(engine, cluster, { follow: true, tail: 0, signal }),
    nowMs: () => performance.now(),
    sleep: async (ms, signal) => {
      // a long timeline waits for many moments at once
      setMaxListeners(0, signal);
      // rejects when the signal is aborted, which here is one way to be over
      await sleep(Math.max(0, ms), undefined, { signal }).catch(() => undefined);
    },
  };
}
