/** What can be wrong with where logs are sent, and the header values that name variables of the user's environment. */
import { isMapping } from "./names.js";
import type { Mapping, Misfit, Named } from "./names.js";
import { fillIn, notSet, strictReference, unsetIn } from "./variables.js";
import type { Variables } from "./variables.js";

/**
 * Undefined where it can be a receiver's base URL. What is wrong is told without quoting the text where it may have a password in it, since
 * errors end up in the logs of CI.
 */
export function problemWithOtlp(text: string): string | undefined {
  const [, scheme] = /^([a-z][a-z\d+.-]*):\/\//i.exec(text) ?? [];
  if (scheme === undefined) {
    return isUrl(`http://${text}`)
      ? "has no scheme: write http:// or https:// before the host"
      : "is not a URL: write for example http://localhost:4318";
  }
  if (!/^https?$/i.test(scheme)) {
    return `begins with ${scheme}://, but logs are sent by HTTP: write http:// or https://, with the receiver's port for OTLP/HTTP, most often 4318`;
  }
  if (!isUrl(text)) return "is not a URL: write for example http://localhost:4318";
  const { username, password, pathname } = new URL(text);
  if (username !== "" || password !== "") {
    return "has a user or a password in it: put them into the header Authorization, as Basic and both in base64";
  }
  if (text.includes("#")) return "has a fragment (#…), which is never sent: leave it out";
  if (text.includes("?")) return "has a query (?…): leave it out; keys are sent in headers";
  const [signal] = /\/v1\/(?:logs|traces|metrics)\/?$/.exec(pathname) ?? [];
  return signal === undefined ? undefined : `ends with ${signal}: leave that out, /v1/logs is added by itself`;
}

function isUrl(text: string): boolean {
  return !/\s/.test(text) && URL.canParse(text) && new URL(text).hostname !== "";
}

/** A token of RFC 9110, section 5.6.2. */
const headerName = /^[\w!#$%&'*+.^`|~-]+$/;

/** What the exporter says itself of what it sends. */
const ownHeaders = new Set(["connection", "content-encoding", "content-length", "content-type", "host", "transfer-encoding"]);

/** Undefined where the user may set this header. */
export function problemWithHeader(name: string): string | undefined {
  if (!headerName.test(name)) return "is no header's name: letters, digits and dashes make one";
  return ownHeaders.has(name.toLowerCase()) ? "is set by what sends the logs, and by nobody else" : undefined;
}

/** What node:http takes for a header's value, which is what RFC 9110, section 5.5 allows. */
const headerValue = /^[\t\x20-\x7e\x80-\xff]*$/;

const noHeaderValue = "has a line break or another character in it that no header can have";

/** Undefined where it is a header's value once its variables are filled in. */
export function problemWithTemplate(template: string): string | undefined {
  if (template.replace(strictReference, "").includes("$")) {
    return "has a $ that is neither ${NAME}, a variable of the environment, nor $$, which stands for a dollar";
  }
  return headerValue.test(template) ? undefined : noHeaderValue;
}

/** `variables` is undefined for whoever sends nothing, and need not have them. */
export function checkShipping(file: Mapping, services: readonly Named[], variables: Variables | undefined): readonly Misfit[] {
  const logging = file["logging"];
  const ship = isMapping(logging) ? logging["ship"] : undefined;
  if (!isMapping(ship)) return [];
  return [...checkReceiver(ship["otlp"], services), ...checkHeaders(ship["headers"], variables)];
}

/** A service has no address of its own, only its nodes have. */
function checkReceiver(otlp: unknown, services: readonly Named[]): readonly Misfit[] {
  if (typeof otlp !== "string" || problemWithOtlp(otlp) !== undefined) return [];
  const host = new URL(otlp).hostname;
  const named = services.find(({ service, keys }) => service === host && keys !== undefined && "image" in keys);
  if (named === undefined) return [];
  const path = ["logging", "ship", "otlp"];
  const message = `${host} is a service, not a host: name a node of it, such as ${named.nodes[0] ?? ""}`;
  return [{ path, part: "value", message: `${path.join(".")}: ${message}` }];
}

function checkHeaders(headers: unknown, variables: Variables | undefined): readonly Misfit[] {
  if (!isMapping(headers)) return [];
  const seen = new Map<string, string>();
  return Object.entries(headers).flatMap(([name, value]): readonly Misfit[] => {
    const path = ["logging", "ship", "headers", name];
    const misfit = (part: Misfit["part"], message: string): Misfit => ({ path, part, message: `${path.join(".")}: ${message}` });
    const before = seen.get(name.toLowerCase());
    seen.set(name.toLowerCase(), name);
    const twice = before === undefined ? [] : [misfit("key", `is the same header as ${before}`)];
    if (typeof value !== "string" || problemWithTemplate(value) !== undefined || variables === undefined) return twice;
    const missing = unsetIn(value, strictReference, variables).map((variable) => misfit("value", notSet(variable)));
    const filled = headerValue.test(fillIn(value, strictReference, variables))
      ? []
      : [misfit("value", `${noHeaderValue}, once it is filled in`)];
    return [...twice, ...missing, ...filled];
  });
}
