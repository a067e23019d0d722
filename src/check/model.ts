/**
 * What a correct store would do, one operation at a time: data and pure functions.
 * States are values: `step` never changes the one it is given.
 */
export interface Model<State, Input, Output> {
  readonly name: string;
  readonly init: State;
  /**
   * The states in which the store may be after `input` took effect in `state` and answered `output`; empty where it cannot have
   * answered that. `output` is undefined for an operation that crashed: whatever it would have answered is allowed.
   */
  readonly step: (state: State, input: Input, output: Output | undefined) => readonly State[];
  /** Equal for equal states, different for different ones. */
  readonly stateKey: (state: State) => string;
  /** Equal only for inputs that do the same in every state: crashed ones of them are interchangeable. */
  readonly inputKey: (input: Input) => string;
  /** True only where an operation that answered `output` leaves every state as it was. */
  readonly readOnly: (input: Input, output: Output | undefined) => boolean;
  /** True only where an operation is possible in every state and leads to the same state from all of them, like a plain write. */
  readonly overwrites: (input: Input) => boolean;
  /** `stateKey` of the only state in which it can have answered `output`; undefined where there are several. */
  readonly sees: (input: Input, output: Output) => string | undefined;
  /** `stateKey` of the state it leads to whenever it changes the state at all; undefined where that depends on the one before. */
  readonly leadsTo: (input: Input) => string | undefined;
  /**
   * Operations with different keys never see each other, so each key's history is checked alone (Herlihy and Wing's
   * locality).
   */
  readonly partition?: (input: Input) => string;
  /** `put x 3`, `get x -> 3`, `get x -> ?`. */
  readonly describe: (input: Input, output: Output | undefined) => string;
}
