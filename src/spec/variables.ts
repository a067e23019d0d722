/**
 * `${NAME}` and `${NAME:-instead}` in what a spec says: variables of the user's environment. They are filled in where the spec is read in
 * order to boot a cluster; whoever only looks at it need not have them, and sees them as they are written.
 */

/** The user's environment. */
export type Variables = Readonly<Record<string, string | undefined>>;

/** `NAME`, and what stands for it where it is not set or empty. */
const inBraces = "\\{([A-Za-z_]\\w*)(?::-([^}]*))?\\}";

/** Where any other dollar means something too, `$$` is one. */
export const strictReference = new RegExp(`\\$(?:\\$|${inBraces})`, "g");

/** Where other dollars are everybody's own (`$PATH`, `$1`), only `$${` stands for anything but itself: for `${`. */
export const looseReference = new RegExp(`\\$(?:\\$(?=\\{)|${inBraces})`, "g");

/** The text with its variables filled in, each put through `escape`; those that are not set and have no other value are left out. */
export function fillIn(
  text: string,
  reference: RegExp,
  variables: Variables,
  escape: (value: string) => string = (value) => value,
): string {
  return text.replace(reference, (_whole, name?: string, instead?: string) =>
    name === undefined ? "$" : escape(valueOf(variables[name], instead) ?? ""),
  );
}

/** The variables it needs and does not find, each once. */
export function unsetIn(text: string, reference: RegExp, variables: Variables): readonly string[] {
  const unset = [...text.matchAll(reference)].flatMap(([, name, instead]) =>
    name !== undefined && valueOf(variables[name], instead) === undefined ? [name] : [],
  );
  return [...new Set(unset)];
}

/** How a variable that is not set is told. */
export function notSet(name: string): string {
  return `the variable ${name} is not set in your environment`;
}

function valueOf(value: string | undefined, instead: string | undefined): string | undefined {
  return instead === undefined || (value ?? "") !== "" ? value : instead;
}

/** A default ends with the first brace, so that another variable or a template in it would be cut in two. */
export function problemWithDefaults(text: string): string | undefined {
  const broken = [...text.matchAll(looseReference)].find(([, , instead]) => instead?.includes("{") === true);
  return broken === undefined ? undefined : `the default of the variable ${broken[1]} cannot have braces in it`;
}
