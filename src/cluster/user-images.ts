import { DeviousError } from "../core/errors.js";
import type { Images } from "../engine/port.js";
import { isImage } from "../spec/cluster-spec.js";
import type { ClusterSpec } from "../spec/cluster-spec.js";

/** Reference -> id of every image that the spec names. Asks nothing where it names none. Throws IMAGE_MISSING, with all that are. */
export async function findImages(
  engine: Pick<Images, "imageId">,
  { services }: ClusterSpec,
): Promise<ReadonlyMap<string, string>> {
  const users = services.filter(isImage);
  const ids = new Map<string, string>();
  await Promise.all(
    [...new Set(users.map(({ image }) => image))].map(async (reference) => {
      const id = await engine.imageId(reference);
      if (id !== undefined) ids.set(reference, id);
    }),
  );
  const missing = users.filter(({ image }) => !ids.has(image));
  const [first] = missing;
  if (first === undefined) return ids;
  const names = new Set(missing.map(({ image }) => image));
  const whose = `${missing.length === 1 ? "service" : "services"} ${missing.map(({ name }) => name).join(", ")}`;
  throw new DeviousError(
    "IMAGE_MISSING",
    names.size === 1
      ? `The engine does not have the image ${first.image} of the ${whose}.`
      : `The engine does not have ${names.size} of the images that the spec names.`,
    {
      details: names.size === 1 ? [] : missing.map(({ name, image }) => `${name}: ${image}`),
      hint: `Build it or pull it first: docker pull ${first.image}`,
    },
  );
}
