/** A strict reader of Prometheus' text format, version 0.0.4: what it does not understand, it throws. */
export interface ReadFamily {
  readonly type: string;
  readonly samples: readonly { readonly name: string; readonly labels: string; readonly value: number }[];
}

const name = "[a-zA-Z_:][a-zA-Z0-9_:]*";
const label = `[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\\\\n]|\\\\["\\\\n])*"`;
const helpLine = new RegExp(`^# HELP (${name}) \\S.*$`);
const typeLine = new RegExp(`^# TYPE (${name}) (counter|gauge|histogram|summary|untyped)$`);
const sampleLine = new RegExp(`^(${name})(?:\\{(${label}(?:,${label})*)\\})? (NaN|[+-]Inf|[+-]?[0-9.]+(?:e[+-]?[0-9]+)?)$`);

export function readExposition(text: string): ReadonlyMap<string, ReadFamily> {
  if (!text.endsWith("\n")) throw new Error("the last line does not end");
  const families = new Map<string, { type: string; samples: { name: string; labels: string; value: number }[] }>();
  const seen = new Set<string>();
  let helped: string | undefined;
  let current: string | undefined;
  for (const line of text.slice(0, -1).split("\n")) {
    const help = helpLine.exec(line);
    const type = typeLine.exec(line);
    const sample = sampleLine.exec(line);
    if (help?.[1] !== undefined) {
      helped = help[1];
      if (families.has(helped)) throw new Error(`${helped} comes twice`);
    } else if (type?.[1] !== undefined && type[2] !== undefined) {
      if (type[1] !== helped) throw new Error(`${type[1]} has no help before it`);
      current = type[1];
      families.set(current, { type: type[2], samples: [] });
    } else if (sample?.[1] !== undefined) {
      const family = families.get(current ?? "");
      const suffix = sample[1].slice(current?.length);
      const isOfFamily = sample[1].startsWith(current ?? " ") && suffixesOf(family?.type).includes(suffix);
      if (family === undefined || !isOfFamily) throw new Error(`${sample[1]} stands in ${current}`);
      const id = `${sample[1]}{${sample[2] ?? ""}}`;
      if (seen.has(id)) throw new Error(`${id} comes twice`);
      seen.add(id);
      family.samples.push({ name: sample[1], labels: sample[2] ?? "", value: numberOf(sample[3] ?? "") });
    } else throw new Error(`no line of the format: ${line}`);
  }
  for (const [each, { type, samples }] of families) if (type === "histogram") checkBuckets(each, samples);
  return families;
}

function suffixesOf(type: string | undefined): readonly string[] {
  if (type === "histogram") return ["_bucket", "_sum", "_count"];
  return type === "summary" ? ["", "_sum", "_count"] : [""];
}

function numberOf(text: string): number {
  return text.endsWith("Inf") ? Number(text.replace("Inf", "Infinity")) : Number(text);
}

/** Without labels other than `le`, as far as we are concerned. */
function checkBuckets(of: string, samples: ReadFamily["samples"]): void {
  const buckets = samples.filter(({ name: each, labels }) => each.endsWith("_bucket") && /^le="[^"]*"$/.test(labels));
  const rising = buckets.every(({ value }, at) => value >= (buckets[at - 1]?.value ?? 0));
  const all = samples.find(({ name: each }) => each === `${of}_count`)?.value;
  const last = buckets.at(-1);
  if (buckets.length > 0 && !(rising && last?.labels === `le="+Inf"` && last.value === all))
    throw new Error(`${of} is no cumulative histogram`);
}
