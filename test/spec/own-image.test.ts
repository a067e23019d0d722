// Shows what else a spec may say of an image of the user's: where it comes from, its processes, how it is ready, what runs beside it.
import { describe, expect, test } from "vitest";
import { storeService } from "../../src/spec/cluster-spec.js";
import { readyDefaults } from "../../src/spec/own-image.js";
import { imageIn, problemsIn, problemsOfImage, specIn } from "../support/spec-text.js";

const folder = "/home/me/My App";
const variables = { TAG: "1.2", SPACE: "a b" };

describe("where the image comes from", () => {
  const built = { context: folder, dockerfile: "Dockerfile", args: {}, target: null };

  test.each([
    ["image: 'a:${TAG}'", { image: "a:1.2", build: null, pull: "missing" }],
    ["image: a, pull: never", { image: "a", build: null, pull: "never" }],
    ["build: ./api", { image: "devious-my-app-api", build: { ...built, context: `${folder}/api` }, pull: "missing" }],
    ["build: {}, image: mine", { image: "mine", build: built, pull: "missing" }],
    [
      "build: { context: /src, dockerfile: docker/./api, args: { V: 'v${TAG}', W: '${X:-w}' }, target: dev }",
      {
        image: "devious-my-app-api",
        build: { context: "/src", dockerfile: "docker/api", args: { V: "v1.2", W: "w" }, target: "dev" },
        pull: "missing",
      },
    ],
  ])("%s", (keys, expected) => {
    expect(imageIn(keys, variables)).toMatchObject(expected);
  });

  test.each([
    ["build: 5", ["build: must be a mapping with context, dockerfile, args and target, or one text, which is the context"]],
    ["build: https://x/y.git", ["build.context: must be a folder of this machine"]],
    ["build: { dockerfile: ../D }", ["build.dockerfile: must be inside the context, and is relative to it"]],
    ["build: { context: './{{node}}' }", ["build.context: is the same on each node: no template is filled in here"]],
    ["build: { args: { A: 1 } }", ["build.args.A: must be text: write it in quotes"]],
    ["build: { args: { A: '${NOPE}' } }", ["build.args.A: the variable NOPE is not set in your environment"]],
    ["build: ., pull: always", ["pull: is for an image that is not built"]],
    ["pull: sometimes", ['pull: "sometimes" is none of missing, always, never']],
  ])("problems: %s", (keys, expected) => {
    expect(problemsOfImage(keys, variables)).toEqual(expected);
  });

  test.each([
    ["'a:${NOPE}'", "the variable NOPE is not set in your environment"],
    ["'a:${SPACE}'", "is no image's name once it is filled in"],
    ["'{{node}}'", "is the same on each node: no template is filled in here"],
    ["'a b'", "must be an image's name, such as my-api:dev"],
    ["a$TAG", "must be an image's name, such as my-api:dev"],
  ])("problems: image: %s", (image, expected) => {
    expect(problemsIn(`services: { api: { image: ${image} } }`, variables)).toEqual([`1:27 services.api.image: ${expected}`]);
  });
});

describe("commands", () => {
  test("are lists, or texts that are split as a shell splits them", () => {
    expect(imageIn(`image: a, entrypoint: tini --, command: "sh -c 'echo \\"$A\\"'"`)).toMatchObject({
      entrypoint: ["tini", "--"],
      command: ["sh", "-c", 'echo "$A"'],
    });
  });

  test.each([
    [`"a 'b"`, "command: has a quote that is not closed, or ends with a backslash"],
    ["''", "command: must have at least one word"],
    ["'a {{nod}}'", "command.1: there is no {{nod}}; did you mean {{node}}?"],
  ])("problems: %s", (command, expected) => {
    expect(problemsOfImage(`command: ${command}`)).toEqual([expected]);
  });
});

test("processes", () => {
  const keys = [
    'image: a, user: "1000:1000", cap_add: [SYS_NICE, cap_net_admin], cpus: 0.5, memory: 256mb, stop_grace: 0s',
    "ulimits: { nofile: 65536, nproc: { soft: 100, hard: -1 } }, restart: on-failure:3, labels: { team: a }",
  ];
  expect(imageIn(keys.join(", "))).toMatchObject({
    user: "1000:1000",
    capAdd: ["SYS_NICE", "NET_ADMIN"],
    limits: { cpus: 0.5, memoryBytes: 256 * 2 ** 20 },
    stopGraceMs: 0,
    ulimits: [
      { name: "nofile", soft: 65_536, hard: 65_536 },
      { name: "nproc", soft: 100, hard: -1 },
    ],
    restart: { policy: "on-failure", maxRetries: 3 },
    labels: { team: "a" },
  });
});

test.each(["no", "on-failure", "always", "unless-stopped"])("restart: %s", (policy) => {
  expect(imageIn(`image: a, restart: ${policy}`).restart).toEqual({ policy, maxRetries: null });
});

test.each([
  ["user: 1000", ['user: must be text: write "1000" in quotes']],
  ["user: 'a b'", ['user: must be a user, such as node, "1000" or "1000:1000"']],
  [
    "cap_add: [NET_ADMN, 1]",
    ['0: "NET_ADMN" is no capability; did you mean "NET_ADMIN"?', "1: 1 is no capability: see capabilities(7)"].map(
      (one) => `cap_add.${one}`,
    ),
  ],
  ["cap_add: NET_ADMIN", ["cap_add: must be a list of capabilities, such as [SYS_NICE]"]],
  ["ulimits: { nofile: { soft: 3, hard: 2 } }", ["ulimits.nofile: soft cannot be more than hard"]],
  ["ulimits: { nofile: { soft: -1, hard: 2 } }", ["ulimits.nofile: soft cannot be more than hard"]],
  ["ulimits: { nofile: many }", ["ulimits.nofile: must be a mapping with soft and hard, or a number"]],
  [
    "ulimits: { nofil: 1 }",
    [expect.stringMatching(/^ulimits\.nofil: "nofil" is none of core, .*; did you mean "nofile"\?$/) as string],
  ],
  ["cpus: half", ['cpus: must be a number of processors, such as 0.5, not "half"']],
  ["cpus: 0", ["cpus: must be at least 0.01"]],
  ["memory: 256", ["memory: 256 has no unit: write for example 256mb"]],
  ["memory: 1mb", ['memory: must be at least 6mb, not "1mb"']],
  ["memory: lots", ['memory: "lots" is not a size: write for example 64mb or 1.5gb']],
  ["stop_grace: 10", ["stop_grace: 10 has no unit: write 10ms or 10s"]],
  ["restart: onfailure", ['restart: "onfailure" is none of no, on-failure, always, unless-stopped; did you mean "on-failure"?']],
  ["restart: 'always:3'", ["restart: only on-failure has a number of times, not always"]],
  ["restart: 'on-failure:0'", ["restart: on-failure: from 1 to 1000 times, not 0"]],
  ["labels: { devious.x: y }", ["labels.devious.x: cannot begin with devious., as devious's own labels do"]],
  ["labels: { a: 1 }", ['labels.a: must be text: write "1" in quotes']],
  ["labels: [a]", ["labels: must be a mapping such as { team: a }"]],
])("problems: %s", (keys, expected) => {
  expect(problemsOfImage(keys)).toEqual(expected);
});

describe("ready", () => {
  test.each([
    ["{ http: /x }", { probe: { by: "http", port: 80, path: "/x", status: null } }],
    ["{ http: /x, port: 80, status: 204 }", { probe: { by: "http", port: 80, path: "/x", status: 204 } }],
    ["{ tcp: 80, retries: 3 }", { probe: { by: "tcp", port: 80 }, retries: 3 }],
    ["{ log: 'ready in \\d+', timeout: 1m }", { probe: { by: "log", pattern: "ready in \\d+" }, timeoutMs: 60_000 }],
    [
      "{ exec: pg_isready -q, interval: 1s, attempt_timeout: 2s, start_period: 0s }",
      { probe: { by: "exec", command: ["pg_isready", "-q"] }, intervalMs: 1000, attemptTimeoutMs: 2000, startPeriodMs: 0 },
    ],
  ])("%s", (ready, expected) => {
    expect(imageIn(`image: a, ports: [80], ready: ${ready}`).ready).toEqual({ ...readyDefaults, ...expected });
  });

  test.each([
    ["/healthz", [": must be a mapping such as { http: /healthz } or { tcp: 8080 }"]],
    ["{}", [": needs one of http, tcp, log, exec"]],
    ["{ http: x }", [".http: must start with /"]],
    ["{ http: /a b }", [".http: cannot have spaces in it: write %20"]],
    ["{ http: /x, tcp: 80, exec: x }", [".tcp", ".exec"].map((at) => `${at}: http tells already: only one of them can`)],
    ["{ log: '(' }", [expect.stringMatching(/^\.log: is no regular expression: .*\(/) as string]],
    ["{ log: x, port: 80, status: 200 }", [".port: is for http; log has none", ".status: is for http; log has none"]],
    ["{ http: /x, status: 99 }", [".status: must be at least 100, not 99"]],
  ])("problems: %s", (ready, expected) => {
    const found = problemsOfImage(`ports: [80], ready: ${ready}`);
    expect(found.map((line) => line.replace(/^ready/, ""))).toEqual(expected);
  });

  test("each node has its own regular expression, and that is what has to be one", () => {
    expect(problemsOfImage("ready: { log: '^({{peers|*|}}) is up' }")).toEqual([]);
  });
});

describe("hooks", () => {
  test("run here, or in a node of any service, which is the first of its own where none is named", () => {
    const hooks = "{ after_up: [{ host: [./seed.sh] }, { exec: x y, node: kv-2 }], before_down: [{ exec: [sync] }] }";
    const spec = specIn(
      `services: { kv: { store: raft, hooks: { after_up: [{ exec: a }] } }, api: { image: a, hooks: ${hooks} } }`,
    );
    expect(spec.services.map((service) => service.hooks)).toEqual([
      { afterUp: [{ on: "node", node: "kv-1", command: ["a"] }], beforeDown: [] },
      {
        afterUp: [
          { on: "host", command: ["./seed.sh"] },
          { on: "node", node: "kv-2", command: ["x", "y"] },
        ],
        beforeDown: [{ on: "node", node: "api-1", command: ["sync"] }],
      },
    ]);
  });

  test.each([
    ["[]", ["hooks: must be a mapping with after_up and before_down"]],
    ["{ after: [] }", ['unknown key "after"; known here: after_up, before_down']],
    ["{ after_up: x }", ["hooks.after_up: must be a list of commands, such as [{ host: [./seed.sh] }]"]],
    ["{ after_up: [x] }", ["hooks.after_up.0: must be a mapping such as { host: [./seed.sh] } or { exec: [redis-cli, ping] }"]],
    ["{ after_up: [{}] }", ["hooks.after_up.0: needs host or exec, and a command"]],
    ["{ after_up: [{ host: a, exec: b }] }", ["hooks.after_up.0.exec: a command runs by host or by exec, not by both"]],
    ["{ after_up: [{ host: a, node: api-1 }] }", ["hooks.after_up.0.node: is for exec; host runs on this machine"]],
    ["{ after_up: [{ exec: a, node: api-9 }] }", ['hooks.after_up.0.node: there is no node "api-9"; did you mean "api-1"?']],
    ["{ before_down: [{ exec: '{{nod}}' }] }", ["hooks.before_down.0.exec.0: there is no {{nod}}; did you mean {{node}}?"]],
  ])("problems: %s", (hooks, expected) => {
    expect(problemsOfImage(`hooks: ${hooks}`)).toEqual(expected);
  });
});

describe("a store's service", () => {
  test("waits, is limited and has hooks as well", () => {
    const text =
      "services: { kv: { store: raft, depends_on: [a], cpus: 1, memory: 64mb, hooks: { before_down: [{ host: x }] } }, a: { image: x } }";
    expect(specIn(text).services[0]).toEqual({
      ...storeService("kv", ["kv-1", "kv-2", "kv-3"]),
      dependsOn: [{ service: "a", condition: "ready" }],
      limits: { cpus: 1, memoryBytes: 64 * 2 ** 20 },
      hooks: { afterUp: [], beforeDown: [{ on: "host", command: ["x"] }] },
    });
  });

  test("is told nothing else of an image", () => {
    const text = "services: { kv: { store: raft, build: ., volumes: ['a:/b'], user: b, stop_grace: 1s } }";
    expect(problemsIn(text)).toEqual([
      "1:32 services.kv.build: a service has a store or an image, not both",
      ...["1:42 services.kv.volumes", "1:61 services.kv.user", "1:70 services.kv.stop_grace"].map(
        (at) => `${at}: belongs to an image; the bundled store knows its own`,
      ),
    ]);
  });
});

test.each([
  ["build: { contex: . }", 'unknown key "contex"; did you mean "context"?'],
  ["volumes: [{ type: volume, source: a, target: /x, readonly: true }]", 'unknown key "readonly"; did you mean "read_only"?'],
  ["volumes: [{ type: tmpfs, target: /x, shared: true }]", 'unknown key "shared"; known here: type, target, size'],
  ["files: { /a: { content: x, mod: '0755' } }", 'unknown key "mod"; did you mean "mode"?'],
  ["ready: { exec: x, retrys: 3 }", 'unknown key "retrys"; did you mean "retries"?'],
  ["ports: [80], roles: { http: { path: /, leader: x, jsn: a } }", 'unknown key "jsn"; did you mean "json"?'],
  ["ulimits: { nofile: { soft: 1, hard: 2, max: 3 } }", 'unknown key "max"; known here: soft, hard'],
  ["hooks: { after_up: [{ host: x, nod: 3 }] }", 'unknown key "nod"; did you mean "node"?'],
  ["enviroment: { A: b }", 'unknown key "enviroment"; did you mean "environment"?'],
])("did you mean: %s", (keys, expected) => {
  expect(problemsOfImage(keys)).toEqual([expected]);
});

test.each([
  [
    "network: { zones: { a: [n1] }, links: [{ between: [n2, n3], loss: 1%, dely: 3ms }] }",
    '1:71 unknown key "dely"; did you mean "delay"?',
  ],
  ["network: { link: [] }", '1:12 unknown key "link"; did you mean "links"?'],
  ["seed: x", '1:7 seed: must be a whole number from 0 to 4294967295, not "x"'],
])("%s", (text, expected) => {
  expect(problemsIn(text)).toEqual([expected]);
});

test("the seed is 1 where nothing is said", () => {
  expect([specIn("").seed, specIn("seed: 7").seed]).toEqual([1, 7]);
});
