/**
 * A partition as a value: who does not hear whom. The word and the idea are Jepsen's (jepsen.nemesis): every shape of partition is a
 * small function from node names to a grudge, and two partitions at once are the union of two grudges.
 *
 * A grudge is directed. `{ n1: ["n2"] }` means packets from n2 are dropped where n1 would receive them; n2 still hears n1.
 */

/** Node -> the nodes it does not hear. Nodes that hear everybody are left out; names are sorted. */
export type Grudge = Readonly<Record<string, readonly string[]>>;

/** A grudge from pairs of (receiver, sender it does not hear), each pair any number of times. */
export function grudgeOf(pairs: Iterable<readonly [receiver: string, sender: string]>): Grudge {
  const unheard = new Map<string, Set<string>>();
  for (const [receiver, sender] of pairs) {
    const senders = unheard.get(receiver) ?? new Set();
    unheard.set(receiver, senders.add(sender));
  }
  return Object.fromEntries([...unheard.keys()].sort().map((receiver) => [receiver, [...(unheard.get(receiver) ?? [])].sort()]));
}

/**
 * Two nodes hear each other exactly when some group holds both; a node in two groups would hear both sides.
 * Nodes in no group are not part of the cut and hear everybody: see {@link withRest}.
 */
export function split(groups: readonly (readonly string[])[]): Grudge {
  const nodes = new Set(groups.flat());
  const together = (a: string, b: string): boolean => groups.some((group) => group.includes(a) && group.includes(b));
  return grudgeOf([...nodes].flatMap((a) => [...nodes].filter((b) => a !== b && !together(a, b)).map((b) => [a, b] as const)));
}

/** The groups, and one more with every node that nobody named: what blockade does with the nodes left over. */
export function withRest(groups: readonly (readonly string[])[], nodes: readonly string[]): readonly (readonly string[])[] {
  const named = new Set(groups.flat());
  const rest = nodes.filter((node) => !named.has(node));
  return rest.length === 0 ? groups : [...groups, rest];
}

/** `receivers` no longer hear `senders`, who still hear them: half a broken cable. */
export function oneWay(senders: readonly string[], receivers: readonly string[]): Grudge {
  return grudgeOf(
    receivers.flatMap((receiver) => senders.filter((sender) => sender !== receiver).map((sender) => [receiver, sender] as const)),
  );
}

/**
 * Each node hears itself and as many neighbours to its left as to its right on the ring, together a majority, and no two nodes hear the
 * same ones (jepsen.nemesis, majorities-ring). Who hears also is heard: a link in one direction carries no conversation, so a majority
 * of such links would be none. That can make a majority larger by one than it had to be. Fewer than four nodes all hear each other.
 */
export function ring(nodes: readonly string[]): Grudge {
  const majority = Math.floor(nodes.length / 2) + 1;
  const reach = Math.ceil((majority - 1) / 2);
  const distance = (i: number, j: number): number => Math.min(Math.abs(i - j), nodes.length - Math.abs(i - j));
  return grudgeOf(
    nodes.flatMap((receiver, i) => nodes.flatMap((sender, j) => (distance(i, j) <= reach ? [] : [[receiver, sender] as const]))),
  );
}

/** Both cuts at once. */
export function union(grudges: readonly Grudge[]): Grudge {
  return grudgeOf(
    grudges.flatMap((grudge) =>
      Object.entries(grudge).flatMap(([receiver, senders]) => senders.map((sender) => [receiver, sender] as const)),
    ),
  );
}

/** The nodes that do not hear at least one other, sorted. */
export function deafNodes(grudge: Grudge): readonly string[] {
  return Object.keys(grudge).filter((node) => (grudge[node] ?? []).length > 0);
}
