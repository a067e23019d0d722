/** What things of a cluster are called in the engine. The dot cannot be in a cluster's or a node's name, so no two of these meet. */

export function networkName(cluster: string): string {
  return `devious.${cluster}`;
}

export function nodeContainerName(cluster: string, node: string): string {
  return `devious.${cluster}.${node}`;
}

export function nodeVolumeName(cluster: string, node: string): string {
  return `devious.${cluster}.${node}.data`;
}

/** What a node of the user's image keeps, by the name that its spec gives it. */
export function imageVolumeName(cluster: string, node: string, name: string): string {
  return `devious.${cluster}.${node}.${name}`;
}

/** One for all nodes that name it. */
export function sharedVolumeName(cluster: string, name: string): string {
  return `devious.${cluster}.${name}.shared`;
}

export function isShared(volume: string): boolean {
  return volume.endsWith(".shared");
}

/** The agent; `chaos` is no node's name, since those end in a number. */
export function agentContainerName(cluster: string): string {
  return `devious.${cluster}.chaos`;
}

/** What sends the logs on; `shipper` is no node's name either. */
export function shipperContainerName(cluster: string): string {
  return `devious.${cluster}.shipper`;
}

/** How far the logs have been sent. */
export function bookmarkVolumeName(cluster: string): string {
  return `devious.${cluster}.shipper.bookmark`;
}

export function ledgerVolumeName(cluster: string): string {
  return `devious.${cluster}.chaos.ledger`;
}
