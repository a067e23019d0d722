import { z } from "zod";
import { isName, namePattern, nameRule } from "../core/ids.js";
import { nodesMax } from "./cluster-spec.js";
import { dependsOn } from "./dependencies.js";
import { envFile, environment } from "./environment.js";
import { command, durationOrNone, mapping, templated, text, unless, wholeNumber } from "./fields.js";
import { files } from "./files.js";
import { hooks } from "./hooks.js";
import { build, image, pull } from "./image.js";
import { cpus, memory, ulimits } from "./limits.js";
import { links } from "./links.js";
import { logging } from "./logging.js";
import { logs } from "./logs.js";
import { ports } from "./ports.js";
import { ready } from "./ready.js";
import { restart } from "./restart.js";
import { capAdd, user } from "./rights.js";
import { roles } from "./roles.js";
import { store } from "./store-schema.js";
import { volumes } from "./volumes.js";

/** What users write; `resolve.ts` turns it into a ClusterSpec. Descriptions end up in editors and in the reference. */

const name = z
  .string({ error: "must be text" })
  .refine(isName, { error: (issue) => `"${String(issue.input)}" is not a name: ${nameRule}` })
  .meta({ pattern: namePattern.source });

const nodes = wholeNumber(1, nodesMax).describe("How many nodes; an odd number makes the most of a quorum.");

const protect = z
  .union([z.boolean(), z.array(text)], { error: "must be true, or a list of nodes" })
  .describe("Keeps random faults away: true from all nodes, or a list of nodes. A fault that names a protected node hits it.");

const seedMax = 2 ** 32 - 1;

const labels = z
  .record(
    z.string().superRefine(
      unless((key) => {
        if (!/^\S+$/.test(key)) return "is no label's name";
        return key.startsWith("devious.") ? "cannot begin with devious., as devious's own labels do" : undefined;
      }),
    ),
    templated,
    { error: (issue) => (issue.code === "invalid_key" ? issue.issues[0]?.message : "must be a mapping such as { team: a }") },
  )
  .describe("Labels of the nodes' containers.");

/** What only an image is told. */
const ofImages = {
  image,
  build,
  pull,
  entrypoint: command.describe("Instead of the image's entrypoint; the image's command is then not used either."),
  command: command.describe("Instead of the image's command: a list of words, or a text that is split like a shell's."),
  environment,
  env_file: envFile,
  ports,
  volumes,
  files,
  ready,
  roles,
  logs,
  restart,
  user,
  cap_add: capAdd,
  ulimits,
  stop_grace: durationOrNone.describe("From SIGTERM to SIGKILL, where a node is stopped; default 5s."),
  labels,
};

/** Keys of a service that only an image has; of `image` and `build` something else is told. */
export const imageKeys: readonly string[] = Object.keys(ofImages).filter((key) => key !== "image" && key !== "build");

const service = mapping(
  { store, nodes, protect, ...ofImages, depends_on: dependsOn, cpus, memory, hooks },
  "with a store, an image or a build",
)
  .partial()
  .meta({ oneOf: [{ required: ["store"] }, { anyOf: [{ required: ["image"] }, { required: ["build"] }] }] });

const network = mapping(
  {
    zones: z
      .record(
        z.string().meta({ pattern: namePattern.source }),
        z.array(text, { error: "must be a list of nodes and services" }),
        {
          error: "must be a mapping of zones, such as { eu: [n1, n2], us: [n3] }",
        },
      )
      .describe("Nodes and services by zone; a zone is a target of faults. A node is in one zone at most."),
    links,
  },
  "with zones and links",
)
  .partial()
  .describe("Where the nodes are, and how they reach each other.");

export const specFile = mapping(
  {
    name: name.describe("Cluster name; default: the folder's name."),
    nodes,
    store,
    protect,
    services: z
      .record(z.string().meta({ pattern: namePattern.source }), service, { error: "must be a mapping of service names" })
      .refine((services) => Object.keys(services).length > 0, { error: "needs at least one service" })
      .describe("Services by name; instead of the shorthand `nodes`, `store` and `protect`."),
    network,
    logging,
    seed: wholeNumber(0, seedMax).describe("What `{{seed}}` stands for in the texts of images; default 1."),
  },
  "such as `nodes: 3`",
).partial();

export type SpecFile = z.infer<typeof specFile>;
/** As it is written: a devious.yaml as a value. */
export type SpecInput = z.input<typeof specFile>;
export type ServiceFile = z.infer<typeof service>;
