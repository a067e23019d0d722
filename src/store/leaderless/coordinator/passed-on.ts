import type { Message, Outgoing } from "../messages.js";
import { failed } from "./answers.js";
import type { Forwarding } from "./forwarding.js";

export interface PassedOnOptions {
  readonly forwarding: Pick<Forwarding, "received">;
  readonly nowMs: () => number;
  /** Whether what arrives now may have been sent long ago. */
  readonly isDrowsy: () => boolean;
  readonly send: (message: Outgoing) => void;
}

interface Begun {
  readonly to: string;
  readonly request: number;
  readonly atMs: number;
  isTold: boolean;
}

/** Writes that this node coordinates for others at one time; the others have to ask somebody else. */
const passedOnMax = 4096;
/** What takes longer than this is said to have begun, at the next tick. */
const tellAfterMs = 20;

/**
 * What other nodes pass on to this one to coordinate: it has a copy of the object. A node that was paused refuses what waited for it, since it may
 * have been coordinated elsewhere and overwritten by now, and would come back beside what has overwritten it.
 */
export class PassedOnWrites {
  readonly #options: PassedOnOptions;
  readonly #begun = new Map<number, Begun>();
  #begunCount = 0;

  constructor(options: PassedOnOptions) {
    this.#options = options;
  }

  take({ from, request, asked, isPassedOn, writeId, wallMs }: Extract<Message, { readonly type: "forward" }>): void {
    const { forwarding, isDrowsy, nowMs, send } = this.#options;
    if (isDrowsy() || this.#begun.size >= passedOnMax) {
      send({ type: "forwardReply", to: from, request, answer: failed({ type: "overload" }, true) });
      return;
    }
    const number = ++this.#begunCount;
    this.#begun.set(number, { to: from, request, atMs: nowMs(), isTold: false });
    forwarding.received(asked, isPassedOn, { writeId, wallMs }, (answer) => {
      this.#begun.delete(number);
      send({ type: "forwardReply", to: from, request, answer });
    });
  }

  /** Time has passed. */
  tick(): void {
    const { nowMs, send } = this.#options;
    for (const begun of this.#begun.values()) {
      if (begun.isTold || begun.atMs + tellAfterMs > nowMs()) continue;
      begun.isTold = true;
      send({ type: "working", to: begun.to, request: begun.request });
    }
  }
}
