import type { Answer, Request } from "../api.js";
import type { Message, Outgoing } from "../messages.js";
import { failed } from "./answers.js";
import type { Forwarding } from "./forwarding.js";

export interface PassedOnOptions {
  readonly forwarding: Pick<Forwarding, "received">;
  /** Whether what arrives now may have been sent long ago. */
  readonly isDrowsy: () => boolean;
  readonly send: (message: Outgoing) => void;
}

/** Writes that this node coordinates for others at one time; the others have to ask somebody else. */
const passedOnMax = 4096;

/**
 * What other nodes pass on to this one to coordinate: it has a copy of the object. A node that has too much to do, or was paused while it was given
 * something that it had not been offered, says so before anything is written.
 */
export class PassedOnWrites {
  readonly #options: PassedOnOptions;
  #underway = 0;

  constructor(options: PassedOnOptions) {
    this.#options = options;
  }

  /** Another node has a write for this one. */
  offered(from: string, request: number): void {
    this.#options.send({ type: "ready", to: from, request, isReady: this.#underway < passedOnMax });
  }

  take({ from, request, asked, isPassedOn, isOffered, wallMs }: Extract<Message, { readonly type: "forward" }>): void {
    const { forwarding, isDrowsy, send } = this.#options;
    const reply = (answer: Answer<Request["type"]>): void => send({ type: "forwardReply", to: from, request, answer });
    const isAwaited = isOffered || (!isDrowsy() && this.#underway < passedOnMax);
    if (!isAwaited) return reply(failed({ type: "overload" }, true));
    this.#underway++;
    forwarding.received(asked, isPassedOn, wallMs, (answer) => {
      this.#underway--;
      reply(answer);
    });
  }
}
