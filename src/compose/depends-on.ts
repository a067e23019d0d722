/** What a service waits for. */
import { tellOthers } from "./fates.js";
import { isNothing, listAt, mappingAt, switchAt, textAt } from "./reading.js";
import type { Reading } from "./reading.js";
import type { MappingTree, Place, Tree } from "./tree.js";
import type { WrittenCondition } from "./written.js";

export interface Wait {
  /** As compose calls it. */
  readonly service: string;
  readonly condition: WrittenCondition;
  /** Whether the file makes no sense without that service. */
  readonly required: boolean;
  readonly at: Place;
}

const conditions: Readonly<Record<string, WrittenCondition>> = {
  service_started: "started",
  service_healthy: "ready",
  service_completed_successfully: "completed",
};

export function waitsAt(entries: MappingTree["entries"], path: string, reading: Reading): readonly Wait[] {
  const dependsOn = entries.get("depends_on");
  const links = entries.get("links");
  const waits = dependsOn === undefined ? [] : dependenciesAt(dependsOn.value, `${path}.depends_on`, reading);
  const linked = links === undefined ? [] : linksAt(links.value, `${path}.links`, reading);
  return [...waits, ...linked.filter(({ service }) => !waits.some((wait) => wait.service === service))];
}

function dependenciesAt(tree: Tree, what: string, reading: Reading): readonly Wait[] {
  if (tree.kind === "list") {
    return tree.items.flatMap((item): readonly Wait[] => {
      const service = textAt(item, what, reading);
      return service === undefined ? [] : [{ service, condition: "started", required: true, at: item.at }];
    });
  }
  return [...mappingAt(tree, what, reading)].map(([service, { value, at }]) =>
    waitAt(service, value, at, `${what}.${service}`, reading),
  );
}

function waitAt(service: string, value: Tree, at: Place, what: string, reading: Reading): Wait {
  const { telling } = reading;
  const entries = mappingAt(value, what, reading);
  tellOthers(entries, ["condition", "required", "restart"], what, "nothing is known of it", telling);
  const conditionAt = entries.get("condition");
  const text =
    conditionAt === undefined || isNothing(conditionAt.value)
      ? "service_started"
      : textAt(conditionAt.value, `${what}.condition`, reading);
  const condition = text !== undefined && Object.hasOwn(conditions, text) ? conditions[text] : undefined;
  if (condition === undefined && text !== undefined) {
    telling.problem(
      conditionAt?.value.at ?? at,
      `${what}.condition must be one of ${Object.keys(conditions).join(", ")}, not ${JSON.stringify(text)}`,
    );
  }
  const restart = entries.get("restart");
  if (restart !== undefined && switchAt(restart.value, `${what}.restart`, reading)) {
    telling.notice(restart.at, `${what}.restart is left out: nodes are not made anew for those they waited for`);
  }
  const requiredAt = entries.get("required");
  const required = requiredAt === undefined || switchAt(requiredAt.value, `${what}.required`, reading);
  return { service, condition: condition ?? "started", required, at };
}

/** `db`, or `db:database`, by which name too it was to be reached. */
function linksAt(tree: Tree, what: string, reading: Reading): readonly Wait[] {
  return listAt(tree, what, reading).flatMap((item): readonly Wait[] => {
    const text = textAt(item, what, reading);
    if (text === undefined) return [];
    const [service = "", alias = service] = text.split(":");
    if (alias !== service)
      reading.telling.notice(
        item.at,
        `${what}: ${service} is not reached as ${alias}: a node answers to its name and its service's`,
      );
    return [{ service, condition: "started", required: true, at: item.at }];
  });
}
