/** Elections as they can be seen from outside, in systems that do not tell of them: by asking the nodes again and again whether they lead. */

/** What a node said. `silent`: nothing in time, so that nobody knows · `down`: nothing of it runs. */
export type Saying = "leader" | "follower" | "silent" | "down";

/** Node -> whether it led when it was heard last; who was never heard is not in it. */
export type Heard = ReadonlyMap<string, boolean>;

export const nobodyHeard: Heard = new Map();

export interface Round {
  readonly heard: Heard;
  /** Who leads now and did not the last time. Nobody is elected by being heard for the first time, nor by having been silent. */
  readonly elected: readonly string[];
}

/** What is known after all nodes were asked once more. */
export function hearRound(before: Heard, said: ReadonlyMap<string, Saying>): Round {
  const heard = new Map<string, boolean>();
  for (const [node, saying] of said) {
    const last = before.get(node);
    if (saying !== "silent") heard.set(node, saying === "leader");
    else if (last !== undefined) heard.set(node, last);
  }
  const elected = [...heard].filter(([node, isLeader]) => isLeader && before.get(node) === false).map(([node]) => node);
  return { heard, elected };
}
