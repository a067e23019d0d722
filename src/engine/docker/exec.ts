import { Writable } from "node:stream";
import { finished } from "node:stream/promises";
import { setTimeout as sleep } from "node:timers/promises";
import type Dockerode from "dockerode";
import { DeviousError } from "../../core/errors.js";
import type { ExecResult } from "../port.js";

const exitPollMs = 50;
const exitAttempts = 40;

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
  return { exitCode: await exitCodeOf(run) };
}

/** The stream may end a moment before the engine has noticed the exit, and has to break off where the connection did. */
async function exitCodeOf(run: Dockerode.Exec): Promise<number> {
  for (let attempt = 0; attempt < exitAttempts; attempt++) {
    const { Running, ExitCode } = await run.inspect();
    if (!Running && ExitCode !== null) return ExitCode;
    await sleep(exitPollMs);
  }
  throw new DeviousError("REQUEST_INDEFINITE", "The command's output ended, but its exit code is not known: it may still run.");
}

function sink(onChunk: (chunk: Uint8Array) => void): Writable {
  return new Writable({
    write(chunk: Uint8Array, _encoding, done) {
      onChunk(chunk);
      done();
    },
  });
}
