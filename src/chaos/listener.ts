/** A TCP port on which a program of a node listens. */
export interface Listener {
  readonly port: number;
  /** Only the node's own programs reach it. */
  readonly isLoopback: boolean;
}
