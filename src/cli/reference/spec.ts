import { isDeepStrictEqual } from "node:util";
import { code, page, table } from "./markdown.js";

/** The part of JSON Schema that our own schema uses. */
interface Schema {
  readonly title?: string;
  readonly type?: string | readonly string[];
  readonly const?: unknown;
  readonly enum?: readonly string[];
  readonly description?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly pattern?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: Schema | boolean;
  readonly anyOf?: readonly Schema[];
  readonly items?: Schema;
}

/** Every key of a devious.yaml, from its JSON Schema. */
export function specPage(schema: Schema): string {
  return page(
    "# devious.yaml",
    "Every key is optional unless it says otherwise; without any spec `devious up` boots three raft nodes named after the folder. `devious init` writes a spec with comments. Editors complete and check it with `schema/devious.schema.json`.",
    table(["key", "value", "what"], rowsOf(schema, "")),
    "`store: raft` is short for `store: { design: raft }`, `store: leaderless` for `store: { design: leaderless }`. Nodes of the shorthand are called `n1`, `n2`, …, those of a service `kv` `kv-1`, `kv-2`, …; the service of the shorthand is called `store`. The words of fault targets (`leader`, `all`, `random`, …) name nothing else.",
    "A duration is written `500ms`, `2s` or `1m30s`, a size `64mb` or `1.5gb` (of 1024), a percentage `1%`, a rate `500kbit` or `10mbit` each second.",
    "A service is a `store` of the bundled kind or an `image` of your own, which may be built, never both. Of the keys below those of images, a store takes `nodes`, `protect`, `depends_on`, `cpus`, `memory` and `hooks`. A node of an image is on the cluster's network under its own name, which is its host name as well, and is ready when `ready` says so; without, once it has run for half a second, takes connections on every one of its `ports`, and is healthy where its image has a health check. A rebuilt image is noticed: the next `devious up` makes its nodes anew, one by one. Nothing of theirs outlives its container but what is in `volumes`. [own-images.md](../own-images.md) goes through all of it.",
    "`{{node}}`, `{{index}}`, `{{service}}`, `{{peers}}`, `{{others}}` and `{{seed}}` are filled in for each node in `entrypoint`, `command`, `environment`, `files`, `labels`, `ready`, `roles`, `hooks` and the sources of binds. `${NAME}` and `${NAME:-default}` are variables of the environment of `devious up` in `environment`, `build.args` and `image`.",
    "`network.zones` puts nodes in zones and `protect` keeps random faults away from them; both name nodes, and zones whole services too. With `roles`, devious knows who leads: without, `leader` means nobody in that service.",
    "What an image's programs log is understood by itself where it is one of the formats of [log records](log-record.md). `logs` is for what is not: it names one format, or the keys of JSON and logfmt that have names of their own, or a `pattern` that is tried on every line (on the first one of a stack trace). A key that is named replaces the usual ones; a line that does not fit is text. Quote a pattern with single quotes, in which YAML leaves backslashes alone. Changing `logs` makes the service's nodes anew.",
    "`logging.ship` sends every record of nodes, agent and engine to what takes OpenTelemetry logs by HTTP, through a container of its own ([keeping.md](../keeping.md) says how). `otlp` is the receiver's base URL: `/v1/logs` is added, and user, query and fragment have no place in it. Its host is looked up on the machine of the engine, so that `localhost` is a receiver beside the engine, whichever port of it is published there; with Docker Desktop that machine is a virtual one, and yours is called `host.docker.internal`; with a rootless engine it is the engine's own network namespace, in which none of your programs listen. Where the host is a node of the cluster, such as `http://otel-1:4318`, that node is the receiver, and what it says itself is not sent. In `headers`, `${NAME}` is filled in from the environment of `devious up`, so that keys need not be in the file; quote such a value, and write `$$` for a dollar. Changing any of it makes that container anew and no other, and what was sent stays sent.",
    [
      "```yaml",
      "name: shop",
      "services:",
      "  kv:",
      "    store: { design: raft, election_timeout: 2s }",
      "    nodes: 5",
      "    protect: [kv-1]",
      "  api:",
      "    image: my-api:dev",
      "    nodes: 3",
      "    command: [node, server.js]",
      '    environment: { KV: "http://kv-1:2379", PORT: "8080", NAME: "{{node}}" }',
      "    ports: [8080]",
      "    volumes: [data:/var/lib/api]",
      "    depends_on: [kv]",
      "    ready: { http: /healthz, timeout: 30s }",
      "    roles: { http: { path: /role, json: role, leader: ^leader$ } }",
      "    logs: { message: text, level: meta.severity, levels: { oops: error } }",
      "  worker:",
      "    image: my-worker:dev",
      "    logs: { pattern: '^(?<time>\\S+) (?<level>[A-Z]) job=(?<job>\\d+) (?<msg>.*)$', levels: { e: error } }",
      "network:",
      "  zones:",
      "    eu: [kv-1, kv-2, kv-3, api-1]",
      "    us: [kv-4, kv-5, api-2, api-3]",
      "  links: [{ between: [eu, us], delay: 80ms, jitter: 5ms }]",
      "logging:",
      "  ship:",
      "    otlp: https://otlp.example:4318",
      '    headers: { Authorization: "Bearer ${OTLP_TOKEN}" }',
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
  const each = schema.items === undefined ? [] : rowsOf(schema.items, path.replace(/\.$/, "[]."));
  const rows = [...own, ...further, ...each, ...(schema.anyOf ?? []).flatMap((one) => rowsOf(one, path))];
  return rows.filter((row, i) => rows.findIndex((one) => isDeepStrictEqual(one, row)) === i);
}

function valueOf(schema: Schema): string {
  if (schema.title !== undefined) return schema.title;
  if (schema.anyOf !== undefined) return [...new Set(schema.anyOf.map(valueOf))].join(" or ");
  if (schema.const !== undefined) return code(JSON.stringify(schema.const).replaceAll('"', ""));
  if (schema.enum !== undefined) return schema.enum.map(code).join(", ");
  if (schema.minimum !== undefined) return `${schema.minimum} to ${schema.maximum}`;
  if (schema.items !== undefined) return schema.items.minimum === undefined ? "list" : `list of ${valueOf(schema.items)}`;
  if (schema.type === "boolean") return `${code("true")} or ${code("false")}`;
  if (schema.pattern !== undefined) return `text that matches ${code(schema.pattern)}`;
  const words: Readonly<Record<string, string>> = { object: "mapping", string: "text", integer: "number" };
  return [schema.type ?? []]
    .flat()
    .flatMap((type) => words[type] ?? [])
    .join(" or ");
}
