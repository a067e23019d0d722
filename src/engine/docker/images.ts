import { Readable } from "node:stream";
import { DeviousError } from "../../core/errors.js";
import { registryOf } from "../../core/image-reference.js";
import type { Images } from "../port.js";
import type { Environment } from "./address.js";
import { buildFolder } from "./build-folder.js";
import type { Calls } from "./calls.js";
import { credentialsFor } from "./credentials.js";
import { jsonLines } from "./json-lines.js";
import { readBuild } from "./read-build.js";

export function createImages(calls: Calls, environment: Environment): Images {
  const { call, wish, find } = calls;
  return {
    hasImage: (reference) =>
      find("look up an image", (docker) => docker.getImage(reference).inspect()).then((image) => image !== undefined),
    imageId: (reference) => find("look up an image", async (docker) => (await docker.getImage(reference).inspect()).Id),
    buildImage: (reference, context, labels, onLine) =>
      call(`build ${reference}`, async (docker) => {
        const output = await docker.buildImage(Readable.from(context), { t: reference, labels, rm: true, forcerm: true });
        await readBuild(output, onLine);
      }),
    buildFolder: (build, onLine, signal) => buildFolder(calls, environment, build, onLine, signal),
    pullImage: async (reference, onProgress, signal) => {
      const { credentials, trouble } = await credentialsFor(registryOf(reference), environment, signal);
      try {
        await call(`pull ${reference}`, async (docker) => {
          const options = { abortSignal: signal, ...(credentials === undefined ? {} : { authconfig: credentials }) };
          const output = await docker.pull(reference, options);
          await readPull(output, onProgress);
        });
      } catch (error) {
        signal.throwIfAborted();
        if (!(error instanceof DeviousError) || trouble === undefined) throw error;
        throw new DeviousError(error.code, error.message, { hint: error.hint, details: [trouble], cause: error.cause });
      }
    },
    listImages: (filter) =>
      call("list images", async (docker) =>
        (await docker.listImages({ filters: { label: [filter] } })).map((image) => ({
          id: image.Id,
          references: (image.RepoTags ?? []).filter((reference) => reference !== "<none>:<none>"),
          labels: image.Labels ?? {},
        })),
      ),
    removeImage: (id) => wish("remove an image", (docker) => docker.getImage(id).remove()),
  };
}

/** JSON lines, of which one with `error` ends it; anything else is a layer that has come further. */
async function readPull(output: NodeJS.ReadableStream, onProgress: () => void): Promise<void> {
  for await (const message of jsonLines(output)) {
    const { error } = message as { error?: string };
    if (error !== undefined) throw new Error(error);
    onProgress();
  }
}
