/** The environment of an image's nodes: what a spec says of it, and the files that it names. */
import { z } from "zod";
import { filledText, secretText, shortFor, unless } from "./fields.js";
import { isMapping, misfitAt, readIfRight } from "./names.js";
import type { Misfit, Named } from "./names.js";
import { pathIn } from "./paths.js";
import { problemWithTemplates } from "./templates.js";
import type { Surroundings } from "./surroundings.js";
import { fillIn, looseReference, notSet, problemWithDefaults, unsetIn } from "./variables.js";

/** Text with variables of the user's environment in it. */
export function withVariables(schema: z.ZodType<string>) {
  return schema.superRefine(unless(problemWithDefaults));
}

export const environment = z
  .record(
    z.string().refine((key) => /^[^=\s]+$/.test(key)),
    withVariables(secretText.superRefine(unless(problemWithTemplates))),
    { error: (issue) => (issue.code === "invalid_key" ? "is no variable's name" : "must be a mapping such as { KEY: value }") },
  )
  .describe(
    "Variables; DEVIOUS_CLUSTER, DEVIOUS_SERVICE and DEVIOUS_NODE are there by themselves. `${NAME}` and `${NAME:-default}` are variables of the environment of `devious up`, `$${` is `${`.",
  );

export const envFile = shortFor(
  z.array(filledText, { error: "must be a file, or a list of files" }),
  [{ type: "string" }],
  (value) => (typeof value === "string" ? [value] : value),
).describe(
  "Files of lines such as `KEY=value`, relative to the spec's folder; a later one goes before an earlier one, and `environment` before all. Nothing is filled in in them.",
);

interface EnvironmentFile {
  readonly environment?: Readonly<Record<string, string>> | undefined;
  readonly env_file?: readonly string[] | undefined;
}

/** Whoever only looks at a spec gets it without the files, and with its variables as they are written. */
export function environmentOf(file: EnvironmentFile, { folder, boot }: Surroundings): Readonly<Record<string, string>> {
  const { environment = {}, env_file: files = [] } = file;
  if (boot === null) return environment;
  const read = files.map((path) => {
    const found = boot.readEnvFile(pathIn(folder, path));
    return "problem" in found ? {} : mapValues(found.variables, withoutTemplates);
  });
  return Object.assign(
    {},
    ...read,
    mapValues(environment, (text) => fillIn(text, looseReference, boot.variables, withoutTemplates)),
  ) as Readonly<Record<string, string>>;
}

/** What comes from elsewhere is no template, whatever it looks like. */
function withoutTemplates(value: string): string {
  return value.replaceAll("{{", "{{{{");
}

export function mapValues(
  texts: Readonly<Record<string, string>>,
  change: (text: string) => string,
): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(texts).map(([key, text]) => [key, change(text)]));
}

export function checkEnvironment({ path, keys }: Named, { folder, boot }: Surroundings): readonly Misfit[] {
  if (boot === null) return [];
  const files = readIfRight(envFile, keys?.["env_file"]) ?? [];
  const unread = files.flatMap((file, i) => {
    const found = boot.readEnvFile(pathIn(folder, file));
    return "problem" in found ? [misfitAt([...path, "env_file", i], `${file} cannot be read: ${found.problem}`)] : [];
  });
  const texts = keys?.["environment"];
  return [...unread, ...(isMapping(texts) ? checkUnset(texts, [...path, "environment"], boot.variables) : [])];
}

/** Variables that are not set, in the texts of a mapping. */
export function checkUnset(
  texts: Readonly<Record<string, unknown>>,
  path: readonly string[],
  variables: Readonly<Record<string, string | undefined>>,
): readonly Misfit[] {
  return Object.entries(texts).flatMap(([key, text]) =>
    typeof text === "string"
      ? unsetIn(text, looseReference, variables).map((name) => misfitAt([...path, key], notSet(name)))
      : [],
  );
}
