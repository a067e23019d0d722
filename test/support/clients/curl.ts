/** Curl, as a user types it. */
import { execFile, spawnSync } from "node:child_process";
import { promisify } from "node:util";

const run = promisify(execFile);

export const hasCurl = spawnSync("curl", ["--version"]).status === 0;

export interface Curled {
  readonly status: number;
  /** Names in lower case; of those that come more than once, the last. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
}

export async function curlAt(url: string, ...args: readonly string[]): Promise<Curled> {
  const { stdout } = await run("curl", ["-s", "-i", "--max-time", "20", ...args, url], { maxBuffer: 2 ** 26 });
  const [head = "", ...rest] = stdout.split("\r\n\r\n");
  const [first = "", ...lines] = head.split("\r\n");
  const headers = new Map(
    lines.map((line) => [line.slice(0, line.indexOf(":")).toLowerCase(), line.slice(line.indexOf(":") + 2)]),
  );
  return { status: Number(first.split(" ")[1]), headers, body: rest.join("\r\n\r\n") };
}
