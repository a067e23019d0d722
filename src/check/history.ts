/**
 * What clients did and saw. An operation lasts from its invocation to its return; between the two it took effect at one
 * moment, if the store is linearizable (Herlihy and Wing, "Linearizability", 1990).
 */

/**
 * One operation of one client. Times are of any one clock: milliseconds, or just positions in a log. Operations that touch in
 * a single moment count as concurrent, which is the side on which no false alarm can happen.
 *
 * `ok`: it happened, and this came back. `fail`: it definitely did not happen. `info`: nobody knows (time-out, crash): it may
 * take effect at any moment after its invocation, or never.
 */
export type Operation<Input, Output> = {
  readonly process: string;
  readonly input: Input;
  readonly invokedAt: number;
} & (
  | { readonly type: "ok"; readonly output: Output; readonly returnedAt: number }
  | { readonly type: "fail" }
  | { readonly type: "info" }
);

/** A line of a recorded history. A process has at most one operation under way. */
export type HistoryEvent<Input, Output> = { readonly process: string } & (
  | { readonly type: "invoke"; readonly input: Input }
  | { readonly type: "ok"; readonly output: Output }
  | { readonly type: "fail" | "info" }
);

/**
 * Joins invocations with their returns; the position in `events` serves as time. An operation that never returns is `info`.
 * Throws a RangeError for a return without an invocation and for a second invocation before the first one's return.
 */
export function pairEvents<Input, Output>(events: readonly HistoryEvent<Input, Output>[]): Operation<Input, Output>[] {
  const operations: Operation<Input, Output>[] = [];
  const open = new Map<string, { readonly slot: number; readonly input: Input; readonly invokedAt: number }>();
  events.forEach((event, at) => {
    const { process } = event;
    const invoked = open.get(process);
    if (event.type === "invoke") {
      if (invoked !== undefined) throw new RangeError(`event ${at}: process ${process} invokes while an operation is under way`);
      open.set(process, { slot: operations.length, input: event.input, invokedAt: at });
      operations.push({ process, input: event.input, invokedAt: at, type: "info" });
      return;
    }
    if (invoked === undefined) throw new RangeError(`event ${at}: process ${process} returns without an invocation`);
    open.delete(process);
    const { slot, input, invokedAt } = invoked;
    operations[slot] =
      event.type === "ok"
        ? { process, input, invokedAt, type: "ok", output: event.output, returnedAt: at }
        : { process, input, invokedAt, type: event.type };
  });
  return operations;
}
