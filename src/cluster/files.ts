import type { Containers, FileToPut } from "../engine/port.js";
import type { FileSpec } from "../spec/own-image.js";

/**
 * Puts files into a container before it starts: none of them is in an environment, a label or a volume of ours. They are root's, or those of
 * the user by whose number the container runs; whose number that is a name does not tell.
 */
export async function putFiles(
  engine: Pick<Containers, "putFile">,
  containerId: string,
  files: readonly FileSpec[],
  user: string | null,
): Promise<void> {
  const owner = ownerOf(user);
  // one after another: two may be in the same folder that is not there yet
  for (const file of files) await engine.putFile(containerId, "/", fileToPut(file, owner));
}

function fileToPut({ path, content, mode }: FileSpec, owner: FileToPut["owner"]): FileToPut {
  const bytes = Buffer.from(content);
  return {
    name: path.replace(/^\/+/, ""),
    byteLength: bytes.length,
    content: async function* () {
      yield bytes;
    },
    mode,
    owner,
  };
}

/** `1000` is of the group of root, as the engine has it. */
function ownerOf(user: string | null): FileToPut["owner"] {
  const numbers = /^(\d+)(?::(\d+))?$/.exec(user ?? "");
  return numbers === null ? undefined : { uid: Number(numbers[1]), gid: Number(numbers[2] ?? 0) };
}
