import type { Upkeep } from "../../../src/store/rpc/store.js";

/** Of a store that has all the room there is, and nothing that operators ask for. */
export const noUpkeep: Upkeep = {
  alarms: () => [],
  hasRoom: () => true,
  defragment: () => Promise.resolve(),
  moveLeader: () => Promise.resolve(),
  copyState: () => Promise.reject(new Error("nothing is copied here")),
};
