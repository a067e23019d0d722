import { Writable } from "node:stream";
import { finished } from "node:stream/promises";
import type Dockerode from "dockerode";
import type { ExecResult } from "../port.js";

/** Runs a command in a running container and waits for its end. */
export async function exec(
  docker: Dockerode,
  id: string,
  command: readonly string[],
  onStdout: (chunk: Uint8Array) => void,
  onStderr: (chunk: Uint8Array) => void,
): Promise<ExecResult> {
  const run = await docker.getContainer(id).exec({ Cmd: [...command], AttachStdout: true, AttachStderr: true });
  const stream = await run.start({ hijack: true });
  docker.modem.demuxStream(stream, sink(onStdout), sink(onStderr));
  await finished(stream, { writable: false });
  return { exitCode: (await run.inspect()).ExitCode ?? 0 };
}

function sink(onChunk: (chunk: Uint8Array) => void): Writable {
  return new Writable({
    write(chunk: Uint8Array, _encoding, done) {
      onChunk(chunk);
      done();
    },
  });
}
