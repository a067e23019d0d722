/**
 * The registry that an image comes from, as engines read a reference (distribution, "reference"): what is before the first slash, where that looks
 * like a host.
 */
export function registryOf(reference: string): string {
  const slash = reference.indexOf("/");
  const first = slash === -1 ? "" : reference.slice(0, slash);
  const isHost = /[.:]/.test(first) || first === "localhost";
  return isHost ? first : dockerHub;
}

/** Where images come from that name no registry. */
export const dockerHub = "docker.io";
