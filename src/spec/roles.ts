/** How to tell which node of an image leads. */
import type { z } from "zod";
import { leaderPattern } from "../core/roles.js";
import type { RolesProbe } from "../core/roles.js";
import { command, filledText, mapping, portNumber, templatedExpression, unless } from "./fields.js";
import { isMapping } from "./names.js";
import type { Misfit, Named } from "./names.js";
import type { PublishedPort } from "./own-image.js";
import { problemWithPort } from "./ports.js";
import { httpPath } from "./ready.js";
import { problemWithTemplates } from "./templates.js";

const leader = templatedExpression(leaderPattern, "that is found in what a leader says");

const http = mapping(
  {
    port: portNumber.optional().describe("One of the service's `ports`; may be left out where there is one alone."),
    path: httpPath.describe("What to GET."),
    json: filledText
      .superRefine(unless(problemWithTemplates))
      .optional()
      .describe(
        "Where to look in a JSON body, such as `status.role` or `members.0.name`; default the whole body, whatever it is.",
      ),
    leader: leader.describe("Regular expression; a node leads that answers 2xx with a body in which it is found."),
  },
  "with path and leader",
);

export const roles = mapping(
  {
    http: http.optional().describe("Ask each node over HTTP, on a published port."),
    exec: command.optional().describe("Or run this in each node; exit code 0 is an answer."),
    leader: leader.optional().describe("Of `exec`: regular expression that is found in a leader's stdout."),
  },
  "with http, or with exec and leader",
)
  .meta({ oneOf: [{ required: ["http"] }, { required: ["exec", "leader"] }] })
  .describe("How to tell which node leads, for `chaos … leader` and `status`. Each node is given 1s to answer, a command 3s.");

type RolesFile = z.output<typeof roles>;

/** `roles` has no misfits. */
export function rolesProbe(roles: RolesFile | undefined, ports: readonly PublishedPort[]): RolesProbe | null {
  if (roles?.http !== undefined) {
    const { port = ports[0]?.container ?? 0, path, json, leader } = roles.http;
    return { by: "http", port, path, ...(json === undefined ? {} : { json }), leader };
  }
  if (roles?.exec === undefined || roles.leader === undefined) return null;
  return { by: "exec", command: roles.exec, leader: roles.leader };
}

export function checkRoles({ path, keys }: Named): readonly Misfit[] {
  const roles = keys?.["roles"];
  if (!isMapping(roles)) return [];
  const at = [...path, "roles"];
  const misfit = (key: string | undefined, message: string): Misfit => ({
    path: key === undefined ? at : [...at, key],
    part: "key",
    message: `${at.join(".")}: ${message}`,
  });
  const { http, exec, leader } = roles;
  if (http === undefined && exec === undefined) return [misfit(undefined, "needs http, or exec and leader")];
  if (http !== undefined && exec !== undefined) return [misfit("exec", "asks by http or by exec, not by both")];
  if (exec !== undefined)
    return leader === undefined ? [misfit("exec", "exec needs a leader: what a leader's stdout has in it")] : [];
  const port = isMapping(http) ? problemWithPort(http["port"], keys) : undefined;
  return [
    ...(leader === undefined ? [] : [misfit("leader", "of http, leader stands inside http")]),
    ...(port === undefined ? [] : [misfit("http", port)]),
  ];
}
