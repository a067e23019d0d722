import { DeviousError, messageOf } from "../core/errors.js";

/** Runs what the engine is asked for a node. What it refuses for want of something on its machine leaves as a sentence that says what to mend. */
export async function forItsNode<T>(node: string, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    throw refusalOf(node, error) ?? error;
  }
}

/** Undefined where the engine's own words are all there is to say. */
export function refusalOf(node: string, error: unknown): DeviousError | undefined {
  if (!(error instanceof DeviousError) || error.code !== "ENGINE_REFUSED") return undefined;
  const words = messageOf(error);
  const [, port, how] = takenPort.exec(words) ?? [];
  if (port !== undefined) {
    const byContainer = how === "already allocated";
    const who = byContainer ? "a container publishes it" : "a program listens on it";
    const look = byContainer ? `docker ps --filter publish=${port}` : `ss -ltnp 'sport = :${port}'`;
    return new DeviousError("PORT_TAKEN", `${node} wants port ${port} of this machine, which is taken: ${who}.`, {
      hint: `\`${look}\` shows which; with the container's port alone in the spec, the engine chooses one that is free.`,
      cause: error,
    });
  }
  const [, command, why] = badCommand.exec(words) ?? [];
  if (command !== undefined && why !== undefined) return cannotRun(node, command, why, error);
  const [, user] = lostUser.exec(words) ?? [];
  if (user !== undefined) {
    return new DeviousError("CLUSTER_NOT_READY", `${node} cannot start: its image has no user or group "${user}".`, {
      hint: "`user` of its service says as whom it runs; a number needs no entry in the image.",
      cause: error,
    });
  }
  const [, source] = lostSource.exec(words) ?? [];
  if (source === undefined) return undefined;
  return new DeviousError("ENGINE_REFUSED", `${node} is to be given ${source}, which the engine's machine does not have.`, {
    hint: "Make it first, or mend the path in the spec: a folder is mounted as it is, never made.",
    cause: error,
  });
}

function cannotRun(node: string, command: string, why: string, cause: DeviousError): DeviousError {
  const what = /not found|no such file/.test(why)
    ? `its image has no command "${command}"`
    : `its image's "${command}" cannot be run: ${/permission denied/.test(why) ? "it may not be executed" : why}`;
  return new DeviousError("CLUSTER_NOT_READY", `${node} cannot start: ${what}.`, {
    hint: "`command` and `entrypoint` of its service, or else of its image, say what is run.",
    cause,
  });
}

/** runc says it of the first word of what is to be run. */
const badCommand =
  /exec: "([^"]+)": (?:stat [^:]+: )?(executable file not found|no such file or directory|permission denied|exec format error|is a directory)/s;
const lostUser = /unable to find (?:user|group) ([^:]+): no matching entries/s;
/** Engines say it of their own books, of the proxy they start for the port, and, since 28, of the port itself. */
const takenPort = /127\.0\.0\.1:(\d+)\b.*(already allocated|address already in use|one usage of each socket address)/s;
const lostSource = /bind source path does not exist: (.+?)\.?$/s;
