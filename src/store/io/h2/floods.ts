import { ConnectionError, errorCode } from "./frames.js";
import { emptyFramesPerSecondMax, pingsPerSecondMax, resetsPerSecondMax } from "./limits.js";

/** Counts what a peer makes us do for nothing, by the second; throws {@link ConnectionError} where it is too much. RFC 9113 §10.5. */
export class Floods {
  #sec = 0;
  #resets = 0;
  #pings = 0;
  #emptyFrames = 0;
  /** We have said something that a PING may rightly follow on, as those do that measure the round trip. */
  #saidSincePing = false;

  /** The second of the connection's life. */
  get sec(): number {
    return this.#sec;
  }

  tick(sec: number): void {
    if (sec === this.#sec) return;
    this.#sec = sec;
    this.#resets = this.#pings = this.#emptyFrames = 0;
  }

  /** We have completed an answer, or said more of one: a client of a long stream measures the round trip with each. */
  answered(): void {
    this.#saidSincePing = true;
  }

  /** Of a stream opened in that second. A call that was given up after seconds is no attack. */
  reset(openedSec: number): void {
    if (openedSec + 1 >= this.#sec && ++this.#resets > resetsPerSecondMax) throw calm("too many resets");
  }

  ping(): void {
    if (!this.#saidSincePing && ++this.#pings > pingsPerSecondMax) throw calm("too many pings");
    this.#saidSincePing = false;
  }

  emptyFrame(): void {
    if (++this.#emptyFrames > emptyFramesPerSecondMax) throw calm("too many frames that say nothing");
  }
}

function calm(why: string): ConnectionError {
  return new ConnectionError(errorCode.enhanceYourCalm, why);
}
