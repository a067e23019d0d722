import { alarmType } from "../alarms.js";
import { encodeCommand } from "../entries/commands.js";
import { etcdError } from "../wire/errors.js";
import type { Store } from "./store.js";

const activate = 1;

/** Whether this member has too little room for a request that may add so many bytes; one that adds none always has enough. */
export function lacksRoom(store: Pick<Store, "upkeep">, bytes: number): boolean {
  return bytes > 0 && !store.upkeep.hasRoom(bytes);
}

/** Refuses it, having raised the alarm: from then on all members refuse what would add to the state, until it is disarmed. */
export async function refuseForSpace(store: Pick<Store, "upkeep" | "write" | "header">): Promise<never> {
  if (store.upkeep.alarms(alarmType.noSpace).length === 0) {
    const alarm = { action: activate, memberId: BigInt(store.header().member), alarm: alarmType.noSpace };
    // refused either way; whoever comes next raises it if this could not
    await store.write("alarm", encodeCommand("alarm", alarm)).catch(() => undefined);
  }
  throw etcdError("noSpace");
}
