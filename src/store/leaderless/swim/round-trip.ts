/**
 * How long a member's answer takes, learnt from its answers: smoothed round trip and its variation, as TCP's retransmission timer has them (RFC 6298).
 * A slow link is thus waited for longer, and a fast one not longer than it needs.
 */
export class RoundTrip {
  #smoothedMs: number | undefined;
  #variationMs = 0;

  sample(roundTripMs: number): void {
    if (this.#smoothedMs === undefined) {
      this.#smoothedMs = roundTripMs;
      this.#variationMs = roundTripMs / 2;
      return;
    }
    this.#variationMs = 0.75 * this.#variationMs + 0.25 * Math.abs(this.#smoothedMs - roundTripMs);
    this.#smoothedMs = 0.875 * this.#smoothedMs + 0.125 * roundTripMs;
  }

  /** After this long an answer is late. Undefined before the first answer. */
  get lateMs(): number | undefined {
    return this.#smoothedMs === undefined ? undefined : this.#smoothedMs + 4 * this.#variationMs;
  }

  get smoothedMs(): number | undefined {
    return this.#smoothedMs;
  }
}
