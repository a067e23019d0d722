import { DeviousError } from "../core/errors.js";
import type { Images } from "../engine/port.js";
import { isImage } from "../spec/cluster-spec.js";
import type { ClusterSpec } from "../spec/cluster-spec.js";

/** Reference -> id of every image that the spec names. Asks nothing where it names none. Throws IMAGE_MISSING, with all that are. */
export async function findImages(
  engine: Pick<Images, "imageId">,
  { services }: ClusterSpec,
): Promise<ReadonlyMap<string, string>> {
  const references = [...new Set(services.filter(isImage).map(({ image }) => image))];
  const found = await Promise.all(references.map(async (reference) => [reference, await engine.imageId(reference)] as const));
  const missing = found.flatMap(([reference, id]) => (id === undefined ? [reference] : []));
  const [first] = missing;
  if (first === undefined) return new Map(found.flatMap(([reference, id]) => (id === undefined ? [] : [[reference, id]])));
  const users = services.filter(isImage).filter(({ image }) => missing.includes(image));
  throw new DeviousError(
    "IMAGE_MISSING",
    missing.length === 1
      ? `The engine does not have the image ${first} of the service ${users.map(({ name }) => name).join(", ")}.`
      : `The engine does not have ${missing.length} of the images that the spec names.`,
    {
      details: missing.length === 1 ? [] : users.map(({ name, image }) => `${name}: ${image}`),
      hint: `Build it or pull it first: docker pull ${first}`,
    },
  );
}
