/** Serilog's compact format writes `"@mt":"{Count} items for {User}"` and the values beside it (messagetemplates.org). */

const hole = /\{\{|\}\}|\{[@$]?(\w+)(?:,-?\d+)?(?::[^}]*)?\}/g;

/** The template with its holes filled; a hole without a value stays as it is. */
export function fillHoles(template: string, values: Readonly<Record<string, unknown>>): string {
  return template.replace(hole, (whole, name: string | undefined) => {
    if (name === undefined) return whole.slice(1);
    if (!Object.hasOwn(values, name)) return whole;
    const value = values[name];
    return typeof value === "string" ? value : JSON.stringify(value);
  });
}
