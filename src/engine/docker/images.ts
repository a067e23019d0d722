import { Readable } from "node:stream";
import type { Images } from "../port.js";
import type { Calls } from "./calls.js";
import { jsonLines } from "./json-lines.js";

export function createImages({ call, wish, find }: Calls): Images {
  return {
    hasImage: (reference) =>
      find("look up an image", (docker) => docker.getImage(reference).inspect()).then((image) => image !== undefined),
    imageId: (reference) => find("look up an image", async (docker) => (await docker.getImage(reference).inspect()).Id),
    buildImage: (reference, context, labels, onLine) =>
      call(`build ${reference}`, async (docker) => {
        const output = await docker.buildImage(Readable.from(context), { t: reference, labels, rm: true, forcerm: true });
        await readBuild(output, onLine);
      }),
    listImages: (filter) =>
      call("list images", async (docker) =>
        (await docker.listImages({ filters: { label: [filter] } })).map((image) => ({
          id: image.Id,
          references: image.RepoTags ?? [],
        })),
      ),
    removeImage: (id) => wish("remove an image", (docker) => docker.getImage(id).remove()),
  };
}

/** The build's JSON lines; one with `error` ends it. */
async function readBuild(output: NodeJS.ReadableStream, onLine: (line: string) => void): Promise<void> {
  for await (const message of jsonLines(output)) {
    const { stream, error } = message as { stream?: string; error?: string };
    if (error !== undefined) throw new Error(error);
    if (stream !== undefined && stream.trim() !== "") onLine(stream.trimEnd());
  }
}
