/** Kills nodes and takes what their disks hold, then starts them: a machine that comes back with a new disk. Nothing brings the data back. */

/** Over as soon as it is done: the node runs. */
export interface WipeFault {
  readonly kind: "wipe";
  readonly nodes: readonly string[];
}
