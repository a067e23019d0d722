/** What a compose file means, read by other code than ours: facts of its services, by which two files are compared. */
import { splitWords } from "../../src/spec/command-words.js";
import { parse } from "yaml";

/** By the key of a service that says it. */
type Facts = Readonly<Record<string, unknown>>;
type Mapping = Readonly<Record<string, unknown>>;
type Variables = Readonly<Record<string, string>>;

/** What each service means; a fact that is as compose has it by default is absent. */
export function meaningOf(text: string, variables: Variables): Readonly<Record<string, Facts>> {
  const file = withOwnValues(filled(parse(text, { merge: true, logLevel: "error" }), variables), variables) as Mapping;
  const services = mapping(file["services"]);
  const whole = Object.entries(services).map(
    ([name, value]) => [name, factsOf(whatExtends(mapping(value), services), file)] as const,
  );
  return Object.fromEntries(whole);
}

function factsOf(service: Mapping, file: Mapping): Facts {
  const deploy = mapping(service["deploy"]);
  const limits = mapping(mapping(deploy["resources"])["limits"]);
  const health = mapping(service["healthcheck"]);
  const mounts = [...list(service["volumes"]), ...list(service["tmpfs"]).map((one) => `tmpfs:${textOf(one)}`)];
  const files = [
    ...filesOf(service["configs"], mapping(file["configs"]), "/"),
    ...filesOf(service["secrets"], mapping(file["secrets"]), "/run/secrets/"),
  ];
  const all: Facts = {
    image: service["image"],
    build: service["build"] === undefined ? undefined : buildOf(service["build"]),
    pull_policy: service["build"] === undefined ? service["pull_policy"] : undefined,
    replicas: Number(deploy["replicas"] ?? service["scale"] ?? 1),
    entrypoint: words(service["entrypoint"]),
    command: words(service["command"]),
    environment: pairs(service["environment"]),
    env_file: list(service["env_file"]).map((one) => plainPath(textOf(mapping(one)["path"] ?? one))),
    ports: list(service["ports"]).flatMap(portsOf).sort(),
    volumes: [...mounts.map(mountOf), ...files.filter((one) => !one.includes(" = "))].sort(),
    configs: files.filter((one) => one.includes(" = ")).sort(),
    depends_on: waits(service["depends_on"]),
    healthcheck: health["test"] === undefined ? undefined : testOf(health["test"]),
    "healthcheck.interval": ms(health["interval"]),
    "healthcheck.timeout": ms(health["timeout"]),
    "healthcheck.retries": health["retries"],
    "healthcheck.start_period": ms(health["start_period"]),
    restart: restartOf(service["restart"] ?? policy(mapping(deploy["restart_policy"]))),
    user: service["user"] === undefined ? undefined : textOf(service["user"]),
    cap_add: list(service["cap_add"]).map((name) => textOf(name).replace(/^CAP_/, "")),
    ulimits: Object.fromEntries(
      Object.entries(mapping(service["ulimits"])).map(([name, value]) => [
        name,
        typeof value === "number" ? { soft: value, hard: value } : value,
      ]),
    ),
    cpus: number(limits["cpus"] ?? service["cpus"]),
    mem_limit: bytes(limits["memory"] ?? service["mem_limit"]),
    stop_grace_period: ms(service["stop_grace_period"]),
    labels: pairs(service["labels"]),
  };
  return Object.fromEntries(
    Object.entries(all).filter(
      ([, value]) => value !== undefined && JSON.stringify(value) !== "[]" && JSON.stringify(value) !== "{}",
    ),
  );
}

/** The service with what it extends of the same file, which the corpus does once, without lists that replace one another. */
function whatExtends(service: Mapping, services: Mapping): Mapping {
  const base = service["extends"];
  if (base === undefined || mapping(base)["file"] !== undefined) return service;
  const other = mapping(services[textOf(mapping(base)["service"] ?? base)]);
  const joined = { ...other, ...service };
  const target = (one: unknown): string => textOf(one).split(":")[1] ?? "";
  const own = list(service["volumes"]);
  return {
    ...joined,
    environment: { ...pairs(other["environment"]), ...pairs(service["environment"]) },
    labels: { ...pairs(other["labels"]), ...pairs(service["labels"]) },
    ports: [...list(other["ports"]), ...list(service["ports"])],
    volumes: [...list(other["volumes"]).filter((one) => !own.some((mine) => target(mine) === target(one))), ...own],
  };
}

/** Variables, innermost first. */
function filled(value: unknown, variables: Variables): unknown {
  if (Array.isArray(value)) return value.map((one) => filled(one, variables));
  if (typeof value === "object" && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, filled(one, variables)]));
  }
  if (typeof value !== "string") return value;
  let text = value.replaceAll("$$", "\0");
  for (let before = ""; before !== text;) {
    before = text;
    text = text.replace(/\$\{(\w+)(?:(:?[-?+])([^${}]*))?\}/g, (_whole, name: string, operator = "", operand = "") => {
      const given = variables[name];
      const isThere = given !== undefined && !(textOf(operator).startsWith(":") && given === "");
      if (textOf(operator).endsWith("+")) return isThere ? textOf(operand) : "";
      return isThere ? given : textOf(operator).endsWith("-") ? textOf(operand) : "";
    });
  }
  return text.replace(/\$([A-Za-z_]\w*)/g, (_whole, name: string) => variables[name] ?? "").replaceAll("\0", "$");
}

/** What has no value in an environment has that of its variable; the corpus says so in two ways. */
function withOwnValues(value: unknown, variables: Variables, inside = false): unknown {
  if (Array.isArray(value)) {
    const bare = (one: unknown): one is string => inside && typeof one === "string" && !one.includes("=");
    return value.map((one) => (bare(one) ? `${one}=${variables[one] ?? ""}` : withOwnValues(one, variables)));
  }
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, one]) => [
      key,
      inside && one === null ? (variables[key] ?? "") : withOwnValues(one, variables, key === "environment" || key === "args"),
    ]),
  );
}

function mapping(value: unknown): Mapping {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Mapping) : {};
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : (JSON.stringify(value) ?? "");
}

function list(value: unknown): readonly unknown[] {
  return value === undefined || value === null ? [] : Array.isArray(value) ? (value as readonly unknown[]) : [value];
}

function words(value: unknown): readonly unknown[] | undefined {
  return typeof value === "string" ? splitWords(value) : Array.isArray(value) ? value.map(textOf) : undefined;
}

function pairs(value: unknown): Mapping {
  const entries = Array.isArray(value)
    ? value.map((one): [string, unknown] => [
        textOf(one).split("=")[0] ?? "",
        textOf(one).includes("=") ? textOf(one).slice(textOf(one).indexOf("=") + 1) : null,
      ])
    : Object.entries(mapping(value));
  return Object.fromEntries(entries.map(([key, one]) => [key, textOf(one ?? "")]));
}

function plainPath(path: string): string {
  return path.replace(/^\.\//, "").replace(/\/\.$/, "");
}

function buildOf(value: unknown): unknown {
  const {
    context = ".",
    dockerfile = "Dockerfile",
    args,
    target,
  } = typeof value === "string" ? ({ context: value } as Mapping) : mapping(value);
  return { context: plainPath(textOf(context)), dockerfile, args: pairs(args), target };
}

/** `host:container/protocol`, each by itself; no host is any. */
function portsOf(value: unknown): readonly string[] {
  if (typeof value === "object") {
    const { target, published, protocol = "tcp" } = mapping(value);
    return [`${textOf(published ?? "")}:${textOf(target)}/${textOf(protocol)}`];
  }
  const [, host = "", container = "", protocol = "tcp"] =
    /^(?:(?:\[[^\]]*\]|[\d.]+)?:)??(?:([\d-]*):)?([\d-]+)(?:\/(\w+))?$/.exec(
      textOf(value).replace(/^(?:\[[^\]]*\]|\d+\.[\d.]+):/, ""),
    ) ?? [];
  const range = (text: string): readonly string[] => {
    const [from = "", to = from] = text.split("-");
    return text === "" ? [] : Array.from({ length: Number(to) - Number(from) + 1 }, (_, i) => textOf(Number(from) + i));
  };
  const outside = range(host);
  const inside = range(container);
  if (inside.length === 1) return [`${host}:${container}/${protocol}`];
  return inside.map((port, i) => `${outside[i] ?? ""}:${port}/${protocol}`);
}

function mountOf(value: unknown): string {
  if (typeof value === "object") {
    const { type, source, target, read_only: readOnly, tmpfs } = mapping(value);
    if (type === "tmpfs") return `tmpfs ${textOf(target)} ${textOf(bytes(mapping(tmpfs)["size"]) ?? "")}`;
    return `${plainPath(textOf(source ?? ""))} ${textOf(target)} ${readOnly === true ? "ro" : "rw"}`;
  }
  const text = textOf(value);
  if (text.startsWith("tmpfs:")) {
    const [, target = "", options = ""] = text.split(":");
    return `tmpfs ${target} ${textOf(bytes(/size=(\w+)/.exec(options)?.[1]) ?? "")}`;
  }
  const [source = "", target, options = ""] = text.split(":");
  return target === undefined
    ? ` ${source} rw`
    : `${plainPath(source)} ${target} ${options.split(",").includes("ro") ? "ro" : "rw"}`;
}

/** Inline ones by their content; those that are files are mounts. */
function filesOf(value: unknown, sources: Mapping, folder: string): readonly string[] {
  return list(value).map((one) => {
    const { source = one, target = source } = mapping(one);
    const { content, file, environment, external } = mapping(sources[textOf(source)]);
    const path = textOf(target).startsWith("/") ? textOf(target) : `${folder}${textOf(target)}`;
    if (file !== undefined) return `${plainPath(textOf(file))} ${path} ro`;
    return `${path} ${inline(content ?? environment ?? external)}`;
  });
}

/** What is in no file of its own, after a mark by which it is told from what is. */
function inline(value: unknown): string {
  return `= ${textOf(value)}`;
}

function waits(value: unknown): Mapping {
  if (Array.isArray(value)) return Object.fromEntries(value.map((name) => [textOf(name), "service_started"]));
  return Object.fromEntries(
    Object.entries(mapping(value)).map(([name, one]) => [name, mapping(one)["condition"] ?? "service_started"]),
  );
}

function testOf(value: unknown): unknown {
  if (typeof value === "string") return ["/bin/sh", "-c", value];
  const [kind, ...rest] = list(value);
  return kind === "CMD-SHELL" ? ["/bin/sh", "-c", ...rest] : kind === "NONE" ? undefined : rest;
}

const unitMs: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

function ms(value: unknown): number | undefined {
  if (value === undefined) return undefined;
  return [...textOf(value).matchAll(/([\d.]+)(ms|s|m|h)/g)].reduce(
    (sum, [, number, unit = ""]) => sum + Number(number) * (unitMs[unit] ?? 0),
    0,
  );
}

function bytes(value: unknown): number | undefined {
  const [, number, unit = ""] = /^([\d.]+)([kmg]?)b?$/i.exec(textOf(value)) ?? [];
  return number === undefined ? undefined : Number(number) * 1024 ** ["", "k", "m", "g"].indexOf(unit.toLowerCase());
}

function number(value: unknown): number | undefined {
  return value === undefined ? undefined : Number(value);
}

function policy(restart: Mapping): unknown {
  const { condition, max_attempts: attempts } = restart;
  if (condition === "any") return "always";
  return condition === "on-failure" && attempts !== undefined ? `on-failure:${textOf(attempts)}` : condition;
}

function restartOf(value: unknown): unknown {
  return value === "no" || value === "none" ? undefined : value;
}
