// Shows that what a node is refused for want of a port or a path of its machine is said in a sentence, in whatever words the engine says it.
import { expect, test } from "vitest";
import { forItsNode, refusalOf } from "../../src/cluster/refusals.js";
import { DeviousError } from "../../src/core/errors.js";

const failed =
  "The engine could not start a container: driver failed programming external connectivity on endpoint devious.demo.api-1 (c0ffee)";

type Row = [title: string, words: string, sentence: string | undefined];

test.each<Row>([
  [
    "20.10, a container has it",
    `${failed}: Bind for 127.0.0.1:9000 failed: port is already allocated.`,
    "api-1 wants port 9000 of this machine, which is taken: a container publishes it.",
  ],
  [
    "20.10, a program has it",
    `${failed}: Error starting userland proxy: listen tcp4 127.0.0.1:9000: bind: address already in use.`,
    "api-1 wants port 9000 of this machine, which is taken: a program listens on it.",
  ],
  [
    "28, a program has it",
    `${failed}: failed to bind host port for 127.0.0.1:9000:172.18.0.2:80/tcp: address already in use.`,
    "api-1 wants port 9000 of this machine, which is taken: a program listens on it.",
  ],
  [
    "a folder that is not there",
    'The engine could not create devious.demo.api-1: invalid mount config for type "bind": bind source path does not exist: /home/me/no conf.',
    "api-1 is to be given /home/me/no conf, which the engine's machine does not have.",
  ],
  ...[
    'OCI runtime create failed: container_linux.go:367: starting container process caused: exec: "nodee": executable file not found in $PATH: unknown.',
    'failed to create task for container: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: error during container init: exec: "nodee": executable file not found in $PATH: unknown.',
    'OCI runtime create failed: runc create failed: unable to start container process: exec: "nodee": stat nodee: no such file or directory: unknown.',
  ].map((words): Row => ["a command that is not there", words, 'api-1 cannot start: its image has no command "nodee".']),
  [
    "a command without the right",
    'OCI runtime create failed: unable to start container process: exec: "/run.sh": permission denied: unknown.',
    'api-1 cannot start: its image\'s "/run.sh" cannot be run: it may not be executed.',
  ],
  [
    "a user that is not there",
    "linux spec user: unable to find user app: no matching entries in passwd file.",
    'api-1 cannot start: its image has no user or group "app".',
  ],
  ["anything else", "The engine could not start a container: no space left on device.", undefined],
])("%s", (_, words, sentence) => {
  expect(refusalOf("api-1", new DeviousError("ENGINE_REFUSED", words))?.message).toBe(sentence);
});

test("a port that is taken has a code of its own and a way out", () => {
  const error = new DeviousError("ENGINE_REFUSED", `${failed}: Bind for 127.0.0.1:9000 failed: port is already allocated.`);
  expect(refusalOf("api-1", error)).toMatchObject({
    code: "PORT_TAKEN",
    hint: expect.stringContaining("docker ps --filter publish=9000"),
  });
});

test("what nobody refused leaves as it came", async () => {
  const error = new DeviousError("ENGINE_UNREACHABLE", "127.0.0.1:9000 already allocated");
  expect(refusalOf("api-1", error)).toBeUndefined();
  await expect(forItsNode("api-1", () => Promise.reject(error))).rejects.toBe(error);
  expect(await forItsNode("api-1", () => Promise.resolve(7))).toBe(7);
});
