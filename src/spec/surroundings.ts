/** What a spec means beyond its own text. */
import type { Variables } from "./variables.js";

export interface Surroundings {
  /** Absolute folder of the spec; its paths begin there. */
  readonly folder: string;
  /** What boots clusters gives what the spec fills in; null for whoever only looks at the spec, and need not have it. */
  readonly boot: BootSurroundings | null;
}

export interface BootSurroundings {
  readonly variables: Variables;
  /** The variables in the file at an absolute path, or why they cannot be had. */
  readonly readEnvFile: (path: string) => EnvFile;
}

export type EnvFile = { readonly variables: Readonly<Record<string, string>> } | { readonly problem: string };

/** Each file is read once, so that what was found to be right is what is used. */
export function remembering({ variables, readEnvFile }: BootSurroundings): BootSurroundings {
  const seen = new Map<string, EnvFile>();
  return {
    variables,
    readEnvFile: (path) => {
      const found = seen.get(path) ?? readEnvFile(path);
      seen.set(path, found);
      return found;
    },
  };
}
