/** What a spec can have: whatever compose takes and a spec does not is left out, with the spec's own words for why. */
import { specFile } from "../spec/schema.js";
import type { Telling } from "./reading.js";
import type { MappingTree, Place } from "./tree.js";
import type { WrittenService } from "./written.js";

/** Keys of a spec by those of a compose file that they are of. */
const origins: Readonly<Record<string, readonly string[]>> = {
  pull: ["pull_policy"],
  nodes: ["deploy", "scale"],
  volumes: ["volumes", "tmpfs", "configs", "secrets"],
  files: ["configs", "secrets"],
  depends_on: ["depends_on", "links"],
  ready: ["healthcheck"],
  restart: ["restart", "deploy"],
  cpus: ["deploy"],
  memory: ["mem_limit", "deploy"],
  stop_grace: ["stop_grace_period"],
};

/** The service with those of its keys that fit. Without an image that fits, nothing of it does, which is a problem of the file. */
export function fitting(
  service: WrittenService,
  path: string,
  entries: MappingTree["entries"],
  at: Place,
  telling: Telling,
): WrittenService {
  const kept = Object.entries(service).filter(([key, value]) => {
    const read = specFile.safeParse({ services: { x: { image: "x", [key]: value as unknown } } });
    const issue = read.error?.issues[0];
    if (issue === undefined) return true;
    const origin = [key, ...(origins[key] ?? [])].find((one) => entries.has(one)) ?? key;
    const place = entries.get(origin)?.at ?? at;
    const inside = issue.path
      .slice(3)
      .map((step) => `.${String(step)}`)
      .join("");
    const message = `${path}.${origin}${inside} ${issue.message}`;
    if (key === "image" || key === "build") telling.problem(place, message);
    else telling.notice(place, `${path}.${origin} is left out: ${inside === "" ? "it" : `${inside.slice(1)}:`} ${issue.message}`);
    return false;
  });
  return Object.fromEntries(kept) as unknown as WrittenService;
}
