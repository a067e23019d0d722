import { findCluster } from "../cluster/find.js";
import type { Observed } from "../cluster/observe.js";
import type { Context } from "./context.js";

/** The cluster that a command with `--cluster` means; a `careful` one never takes another folder's by itself. */
export function theCluster({ engine, folder }: Context, name: string | undefined, careful = false): Promise<Observed> {
  return findCluster(engine, {
    name,
    folder,
    careful,
    // reading specs is loaded only where it is needed: most commands never are in doubt
    ownName: async () => {
      const { loadSpec } = await import("./spec-file.js");
      return (await loadSpec(undefined, folder)).spec.name;
    },
  });
}
