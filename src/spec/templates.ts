/**
 * `{{node}}` and its like in what a spec says of an image, filled in for each of its nodes. What is between the braces and begins with
 * anything but a letter is somebody else's template (`{{ .ID }}`, `{{$labels}}`) and stays; `{{{{` stands for two braces.
 */
import { closest } from "../core/ids.js";
import type { ClusterSpec, ImageService, ServiceSpec } from "./cluster-spec.js";
import type { Hook } from "./own-image.js";

/** What can be filled in, with what it is. */
export const templateWords = {
  node: "the node's name, by which the others reach it",
  index: "its number in its service, from 1",
  peers: "all nodes of its service, with commas between",
  others: "all but itself",
  service: "its service's name",
  seed: "the spec's `seed`, or what `--seed` says instead",
} as const;
export type TemplateWord = keyof typeof templateWords;

/** `{{peers|*=http://*:2380|;}}`: each name in place of `*`, and what stands between them instead of a comma. */
const template = /\{\{\{\{|\{\{([A-Za-z]\w*)(?:\|([^|{}]*))?(?:\|([^|{}]*))?\}\}/g;

/** One of ours that is not written as a template is. Whatever else begins with braces may be somebody's text. */
const broken = new RegExp(`\\{\\{(${Object.keys(templateWords).join("|")})\\b`);

/** What is wrong with the templates of a text; undefined where nothing is. */
export function problemWithTemplates(text: string): string | undefined {
  for (const [whole, word, form] of text.matchAll(template)) {
    if (word === undefined) continue;
    if (!isWord(word)) {
      const words = Object.keys(templateWords);
      const meant = closest(word, words);
      return `there is no {{${word}}}${meant === undefined ? `: known are ${words.join(", ")}; {{{{ stands for two braces` : `; did you mean {{${meant}}}?`}`;
    }
    if (form !== undefined && !isList(word)) return `${whole}: only peers and others are lists, which can be given a form`;
  }
  const [, word] = broken.exec(text.replace(template, " ")) ?? [];
  return word === undefined
    ? undefined
    : `{{${word} is not closed: write {{${word}}}, or {{{{${word} where the text itself is meant`;
}

function isWord(word: string): word is TemplateWord {
  return Object.hasOwn(templateWords, word);
}

function isList(word: TemplateWord): boolean {
  return word === "peers" || word === "others";
}

/** A text as a spec has to write it where nothing in it is to be filled in. */
export function escapeTemplates(text: string): string {
  return text.search(template) === -1 ? text : text.replaceAll("{{", "{{{{");
}

/** Fills in a text for one node of a service. */
export type Filler = (text: string) => string;

export function fillerFor(service: Pick<ImageService, "name" | "nodes">, node: string, seed: number): Filler {
  const lists = { peers: service.nodes, others: service.nodes.filter((one) => one !== node) };
  const words = { node, index: String(service.nodes.indexOf(node) + 1), service: service.name, seed: String(seed) };
  return (text) =>
    text.replace(template, (whole: string, word: string | undefined, form = "*", between = ",") => {
      if (word === undefined) return "{{";
      if (word === "peers" || word === "others") return lists[word].map((name) => form.replaceAll("*", name)).join(between);
      return isWord(word) ? words[word as keyof typeof words] : whole;
    });
}

/** The service as one of its nodes is to have it: no template is left in what its container is made of. */
export function forNode(service: ImageService, node: string, seed: number): ImageService {
  const fill = fillerFor(service, node, seed);
  const fillAll = (texts: readonly string[]): readonly string[] => texts.map(fill);
  const { entrypoint, command, environment, volumes, files, ready, labels, roles } = service;
  return {
    ...service,
    entrypoint: entrypoint === null ? null : fillAll(entrypoint),
    command: command === null ? null : fillAll(command),
    environment: fillValues(environment, fill),
    volumes: volumes.map((one) => (one.type === "bind" ? { ...one, source: fill(one.source) } : one)),
    files: files.map(({ path, content, mode }) => ({ path: fill(path), content: fill(content), mode })),
    ready: ready === null ? null : { ...ready, probe: fillProbe(ready.probe, fill) },
    labels: fillValues(labels, fill),
    roles: roles === null ? null : fillProbe(roles, fill),
  };
}

function fillValues(texts: Readonly<Record<string, string>>, fill: Filler): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(texts).map(([key, text]) => [key, fill(text)]));
}

/** Texts and lists of texts, whatever kind of probe has them. */
function fillProbe<Probe extends object>(probe: Probe, fill: Filler): Probe {
  const filled = Object.entries(probe).map(([key, value]): [string, unknown] => {
    if (key === "by") return [key, value];
    if (typeof value === "string") return [key, fill(value)];
    return [key, Array.isArray(value) ? value.map((each: string) => fill(each)) : value];
  });
  return Object.fromEntries(filled) as Probe;
}

/**
 * The spec with the texts of its hooks filled in: for the node that one runs in, and on the host for the service's first. Once how many nodes
 * there are and the seed are final.
 */
export function withFilledHooks(spec: ClusterSpec): ClusterSpec {
  const services = spec.services.map((service) => {
    const { afterUp, beforeDown } = service.hooks;
    const fill = (hook: Hook): Hook => fillHook(hook, service, spec);
    return { ...service, hooks: { afterUp: afterUp.map(fill), beforeDown: beforeDown.map(fill) } };
  });
  return { ...spec, services };
}

function fillHook(hook: Hook, service: ServiceSpec, { services, seed }: ClusterSpec): Hook {
  const node = hook.on === "node" ? hook.node : (service.nodes[0] ?? "");
  const owner = services.find(({ nodes }) => nodes.includes(node)) ?? service;
  return { ...hook, command: hook.command.map(fillerFor(owner, node, seed)) };
}
