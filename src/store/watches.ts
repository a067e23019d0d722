import { inSlices } from "./slices.js";
import { WatchHub } from "./watch/hub.js";
import type { WatchHubPorts } from "./watch/hub.js";

/** The watches of this member; those that are behind read on in its pauses. */
export class Watches {
  readonly hub: WatchHub;
  #isCatchingUp = false;

  constructor(ports: Omit<WatchHubPorts, "wake">) {
    this.hub = new WatchHub({ ...ports, wake: () => this.#catchUp() });
  }

  #catchUp(): void {
    if (this.#isCatchingUp) return;
    this.#isCatchingUp = true;
    void inSlices((hasTime) => {
      this.#isCatchingUp = this.hub.catchUp(hasTime);
      return this.#isCatchingUp ? undefined : true;
    });
  }
}
