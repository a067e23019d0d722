import { code, page, table } from "./markdown.js";

/** The part of JSON Schema that our own schema uses. */
interface Schema {
  readonly type?: string;
  readonly const?: unknown;
  readonly description?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly pattern?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: Schema | boolean;
  readonly anyOf?: readonly Schema[];
}

/** Every key of a devious.yaml, from its JSON Schema. */
export function specPage(schema: Schema): string {
  return page(
    "# devious.yaml",
    "Every key is optional unless it says otherwise; without any spec `devious up` boots three raft nodes named after the folder. `devious init` writes a spec with comments. Editors complete and check it with `schema/devious.schema.json`.",
    table(["key", "value", "what"], rowsOf(schema, "")),
    "`store: raft` is short for `store: { design: raft }`. Nodes of the shorthand are called `n1`, `n2`, …, those of a service `kv` `kv-1`, `kv-2`, …",
    [
      "```yaml",
      "name: shop",
      "services:",
      "  kv:",
      "    store: { design: raft, election_timeout: 2s }",
      "    nodes: 5",
      "```",
    ].join("\n"),
  );
}

function rowsOf(schema: Schema, path: string): readonly (readonly string[])[] {
  const own = Object.entries(schema.properties ?? {}).flatMap(([name, value]) => {
    const key = `${path}${name}`;
    const what = [value.description, schema.required?.includes(name) === true ? "Required." : undefined];
    return [[code(key), valueOf(value), what.filter((text) => text !== undefined).join(" ")], ...rowsOf(value, `${key}.`)];
  });
  const further = typeof schema.additionalProperties === "object" ? rowsOf(schema.additionalProperties, `${path}NAME.`) : [];
  return [...own, ...further, ...(schema.anyOf ?? []).flatMap((one) => rowsOf(one, path))];
}

function valueOf(schema: Schema): string {
  if (schema.anyOf !== undefined) return schema.anyOf.map(valueOf).join(" or ");
  if (schema.const !== undefined) return code(JSON.stringify(schema.const).replaceAll('"', ""));
  if (schema.minimum !== undefined) return `${schema.minimum} to ${schema.maximum}`;
  if (schema.pattern !== undefined) return `text that matches ${code(schema.pattern)}`;
  return schema.type === "object" ? "mapping" : (schema.type ?? "");
}
