import { invariant } from "../../core/invariant.js";
import type { ConfState } from "./types.js";

/** Every configuration since the snapshot, with the index that brought it: a snapshot needs the one of its own index. */
export class ConfHistory {
  private changes: { readonly index: number; readonly conf: ConfState }[] = [];

  /** The one at `index` is the first that anybody will ask for. */
  restart(index: number, conf: ConfState): void {
    this.changes = [{ index, conf }];
  }

  add(index: number, conf: ConfState): void {
    this.changes.push({ index, conf });
  }

  at(index: number): ConfState {
    const known = this.changes[this.position(index)];
    invariant(known !== undefined, `the configuration at ${index} is not known`);
    return known.conf;
  }

  /** Keeps what {@link at} says of `index` and later. */
  forgetBefore(index: number): void {
    this.changes.splice(0, this.position(index));
  }

  private position(index: number): number {
    return this.changes.findLastIndex((change) => change.index <= index);
  }
}
