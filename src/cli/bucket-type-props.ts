import type { BucketTypeProps } from "../core/bucket-types-contract.js";
import { DeviousError } from "../core/errors.js";

const hint = 'Write for example datatype=set or n_val=5, or as for riak-admin \'{"props":{"datatype":"set"}}\'.';

/** Properties as they are typed, `name=value` each; or all in one, as `riak-admin bucket-type` takes them. Throws USAGE. */
export function parseBucketTypeProps(words: readonly string[]): BucketTypeProps {
  const [first] = words;
  if (words.length === 1 && first?.trimStart().startsWith("{")) return propsOfJson(first);
  return Object.fromEntries(words.map(propOf));
}

function propsOfJson(text: string): BucketTypeProps {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new DeviousError("USAGE", `${text} is no JSON.`, { hint, cause });
  }
  const { props = json } = json as { readonly props?: unknown };
  if (typeof props === "object" && props !== null) return props as BucketTypeProps;
  throw new DeviousError("USAGE", `${text} has no properties.`, { hint });
}

function propOf(word: string): readonly [name: string, value: unknown] {
  const [, name, value] = /^([a-z_]+)=(.+)$/.exec(word) ?? [];
  if (name === undefined || value === undefined) throw new DeviousError("USAGE", `"${word}" is no property.`, { hint });
  if (value === "true" || value === "false") return [name, value === "true"];
  return [name, /^\d+$/.test(value) ? Number(value) : value];
}
