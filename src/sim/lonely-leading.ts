import { Leading } from "../store/leading.js";
import type { LeadingOptions } from "../store/leading.js";
import type { Op } from "../store/router.js";

/** The planted bug `renewsAlone`: a leader renews leases without asking anybody whether it still leads. */
export class LonelyLeading extends Leading {
  readonly #onConfirmed: LeadingOptions["onConfirmed"];

  constructor(options: LeadingOptions) {
    super(options);
    this.#onConfirmed = options.onConfirmed;
  }

  override lead(op: Op): void {
    if (op.ask.type === "keepAlive") this.#onConfirmed(op, 0);
    else super.lead(op);
  }
}
