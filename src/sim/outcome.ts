/** What a run of a simulator came to; `Tally` is what it went through. */
export type Outcome<Tally> = { readonly seed: number; readonly tally: Tally } & (
  | { readonly ok: true }
  | {
      readonly ok: false;
      /** Name of what broke, e.g. `one leader per term`. */
      readonly broken: string;
      readonly message: string;
      /** The last events, oldest first. */
      readonly trace: readonly string[];
    }
);

export interface SimulationOptions<BugName> {
  /** A bug to plant, in runs of the kind that provokes it. */
  readonly bug?: BugName | undefined;
  /** Runs of the kind that provokes this bug, with nothing planted: what shows that it is the bug that breaks them. */
  readonly provoke?: BugName | undefined;
  /** Events kept for the trace of a failure. */
  readonly traceLines?: number;
}
