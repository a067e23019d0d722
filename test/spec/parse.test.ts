// Shows that a spec is read whole, and that every problem comes at once, at its place, with advice.
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { leaderlessDefaults } from "../../src/core/leaderless-switches.js";
import { clusterDefaults, imageDefaults, placeOf, raftDefaults, shippingOf, storeService } from "../../src/spec/cluster-spec.js";
import type { ClusterSpec, TlsSpec } from "../../src/spec/cluster-spec.js";
import { withOverrides } from "../../src/spec/overrides.js";
import { problemsIn as problems, specIn as specOf } from "../support/spec-text.js";

/** `n1 eu protected`, one line for each node. */
function places({ services }: ClusterSpec): readonly string[] {
  return services.flatMap((service) =>
    service.nodes.map((node) => {
      const place = placeOf(service, node);
      return [node, place.zone ?? "-", ...(place.protected ? ["protected"] : [])].join(" ");
    }),
  );
}

describe("a good spec", () => {
  test("an empty file is three raft nodes named after the folder", () => {
    expect(specOf("")).toEqual({
      name: "my-app",
      services: [storeService("store", ["n1", "n2", "n3"])],
      ...clusterDefaults,
    });
  });

  test("services name their nodes after themselves", () => {
    const text =
      "name: shop\nservices:\n  kv: { store: raft, nodes: 1 }\n  log: { store: { design: raft, election_timeout: 2s } }\n";
    expect(specOf(text)).toEqual({
      name: "shop",
      services: [
        storeService("kv", ["kv-1"]),
        storeService("log", ["log-1", "log-2", "log-3"], { ...raftDefaults, electionTimeoutMs: 2000 }),
      ],
      ...clusterDefaults,
    });
  });

  test.each([
    ["retention: 10000", { revisions: 10_000 }],
    ["retention: 1h30m", { periodMs: 5_400_000 }],
  ])("the store's quota, and what it keeps when it compacts by itself: %s", (retention, autoCompaction) => {
    const text = `store: { design: raft, quotaBytes: 1048576, autoCompaction: { ${retention} } }`;
    const store = { ...raftDefaults, quotaBytes: 1_048_576, autoCompaction };
    expect(specOf(text).services).toEqual([storeService("store", ["n1", "n2", "n3"], store)]);
  });

  test.each<[string, TlsSpec]>([
    ["auto", { kind: "auto" }],
    ["{ cert: a.pem, key: a.key }", { kind: "files", cert: "a.pem", key: "a.key", clientCa: null }],
    ["{ cert: a.pem, key: a.key, clientCa: c }", { kind: "files", cert: "a.pem", key: "a.key", clientCa: "c" }],
  ])("clients come over TLS: %s", (text, tls) => {
    const expected = [storeService("store", ["n1", "n2", "n3"], { ...raftDefaults, tls })];
    expect(specOf(`store: { design: raft, tls: ${text} }`).services).toEqual(expected);
  });

  test("the store's mistakes are asked for by their names", () => {
    expect(specOf("store: leaderless").services).toMatchObject([
      { store: { design: "leaderless", switches: leaderlessDefaults } },
    ]);
    expect(specOf("store: { design: leaderless, r: 1, w: one, conflict: lww, deleteMode: 1m }").services).toMatchObject([
      {
        store: {
          design: "leaderless",
          switches: { ...leaderlessDefaults, r: 1, w: "one", conflict: "lww", deleteMode: 60_000 },
        },
      },
    ]);
    const text = "store: { design: raft, reads: local, fsync: batch, preVote: false, replication: async }";
    const switches = { ...raftDefaults.switches, reads: "local", fsync: "batch", preVote: false, replication: "async" } as const;
    expect(specOf(text).services).toEqual([storeService("store", ["n1", "n2", "n3"], { ...raftDefaults, switches })]);
  });

  test("an image of the user's has its own entrypoint and command where the spec says nothing", () => {
    expect(specOf("services: { api: { image: 'my-api:dev', nodes: 1 } }").services).toEqual([
      { ...imageDefaults, name: "api", nodes: ["api-1"], zones: {}, protect: [], image: "my-api:dev" },
    ]);
  });

  test("an image may be told all there is to tell", () => {
    const text = [
      "services:",
      "  api:",
      "    image: registry.example/my/api@sha256:0123",
      "    nodes: 2",
      "    entrypoint: [/bin/tini, --]",
      "    command: [node, server.js]",
      '    environment: { PORT: "8080", EMPTY: "" }',
      "    ports: [8080, 9090]",
      '    roles: { http: { port: 8080, path: /role, leader: \'"role": *"leader"\' } }',
      "    logs: { format: json, time: t, level: l.v, message: text, event: kind, levels: { OOPS: error, 10: debug } }",
      "    protect: [api-2]",
    ].join("\n");
    expect(specOf(text).services).toEqual([
      {
        ...imageDefaults,
        name: "api",
        nodes: ["api-1", "api-2"],
        zones: {},
        protect: ["api-2"],
        image: "registry.example/my/api@sha256:0123",
        entrypoint: ["/bin/tini", "--"],
        command: ["node", "server.js"],
        environment: { PORT: "8080", EMPTY: "" },
        ports: [
          { container: 8080, host: null },
          { container: 9090, host: null },
        ],
        roles: { by: "http", port: 8080, path: "/role", leader: '"role": *"leader"' },
        logs: {
          format: "json",
          time: "t",
          level: "l.v",
          message: "text",
          event: "kind",
          levels: { oops: "error", "10": "debug" },
        },
      },
    ]);
  });

  test("who leads can be told by a command", () => {
    const [api] = specOf("services: { r: { image: redis, roles: { exec: [redis-cli, role], leader: ^master } } }").services;
    expect(api).toMatchObject({ roles: { by: "exec", command: ["redis-cli", "role"], leader: "^master" } });
  });

  test.each([
    ["nodes: 2\nprotect: true\nnetwork: { zones: { eu: [n1] } }", ["n1 eu protected", "n2 - protected"]],
    ["nodes: 2\nprotect: [n2]\nnetwork: { zones: { eu: [store] } }", ["n1 eu", "n2 eu protected"]],
    ["nodes: 1\nprotect: false\nnetwork: {}", ["n1 -"]],
    [
      "services:\n  kv: { store: raft, nodes: 2, protect: true }\n  api: { image: a, nodes: 2, protect: [api-1] }\n" +
        "network: { zones: { eu: [kv-1, api], us: [kv-2] } }",
      ["kv-1 eu protected", "kv-2 us protected", "api-1 eu protected", "api-2 eu"],
    ],
  ])("zones and protection are each node's: %s", (text, expected) => {
    expect(places(specOf(text))).toEqual(expected);
  });

  test("what is said of a service is said of the nodes that the command line adds", () => {
    const spec = specOf("nodes: 1\nprotect: true\nnetwork: { zones: { eu: [store] } }");
    expect(places(withOverrides(spec, { nodes: 2 }))).toEqual(["n1 eu protected", "n2 eu protected"]);
  });
});

describe("where logs are sent", () => {
  const shipping = (ship: string, services = "services: { otel: { image: x, nodes: 2 } }") =>
    shippingOf(specOf(`${services}\nlogging: { ship: ${ship} }`, { TOKEN: "t0k$n", EMPTY: "" }));

  test.each(["", "logging: {}"])("is nowhere by itself: %j", (text) => {
    expect(specOf(text).logging).toEqual({ ship: null });
    expect(shippingOf(specOf(text))).toBeNull();
  });

  test.each([
    ["http://localhost:4318", null],
    ["https://otlp.example/some/path/", null],
    ["HTTP://[::1]:4317", null],
    ["http://otel-2:4318", "otel-2"],
    ["http://OTEL-1:4318", "otel-1"],
    // on the network of the engine's machine such a name may mean somebody
    ["http://otel-3:4318", null],
  ])("is a URL, by whose host a node is known: %s", (otlp, receiver) => {
    expect(shipping(`{ otlp: "${otlp}" }`)).toEqual({ otlp, headers: {}, receiver });
  });

  test("may be a node of the shorthand, and one that the command line adds", () => {
    const spec = specOf("nodes: 1\nlogging: { ship: { otlp: http://n2:4318 } }");
    expect(shippingOf(spec)).toMatchObject({ receiver: null });
    expect(shippingOf(withOverrides(spec, { nodes: 2 }))).toMatchObject({ receiver: "n2" });
  });

  const headers = "{ Authorization: 'Bearer ${TOKEN}', X-Tenant: a, price: '$$5 ${EMPTY}', both: '$${TOKEN}-${TOKEN}' }";

  test("takes headers, with the user's variables in them", () => {
    expect(shipping(`{ otlp: "http://a", headers: ${headers} }`)?.headers).toEqual({
      Authorization: "Bearer t0k$n",
      "X-Tenant": "a",
      price: "$5 ",
      both: "${TOKEN}-t0k$n",
    });
  });

  test("is read without those variables by whoever sends nothing", () => {
    expect(specOf(`logging: { ship: { otlp: "http://a", headers: ${headers} } }`).logging.ship?.headers).toMatchObject({
      Authorization: "Bearer ${TOKEN}",
    });
  });
});

describe("what the template suggests", () => {
  const template = readFileSync("templates/devious.yaml", "utf8");
  // each block of comments with the sentence above its YAML taken away
  const blocks = template
    .split("\n\n")
    .map((block) => [...block.matchAll(/^# (\s*\w+:.*)$/gm)].map(([, line]) => line).join("\n"))
    .filter((block) => block !== "");

  test.each(blocks)("is a good spec: %s", (block) => {
    expect(problems(block)).toEqual([]);
  });

  test("are several things", () => {
    expect(blocks.length).toBeGreaterThan(3);
  });
});

const nameRule = "lower-case letters, digits and dashes, at most 40, not at the ends a dash";
const ownMeaning = "for faults that word has a meaning of its own";

describe("problems", () => {
  test.each([
    ["nodes: 0", ["1:8 nodes: must be at least 1, not 0"]],
    ["nodes: three", ['1:8 nodes: must be a whole number from 1 to 15, not "three"']],
    ["name: A b", [`1:7 name: "A b" is not a name: ${nameRule}`]],
    ["nme: x", ['1:1 unknown key "nme"; did you mean "name"?']],
    ["volumes: [x]", ['1:1 unknown key "volumes"; known here: name, nodes, store, protect, services, network, logging, seed']],
    ["store: raff", ['1:8 store.design: "raff" is not a design of the bundled store: use raft or leaderless']],
    [
      "store: { design: raft, reads: lokal }",
      ['1:31 store.reads: "lokal" is none of readIndex, lease, local; did you mean "local"?'],
    ],
    ["store: { n: 3 }", ["1:1 store.design: needs a design: raft or leaderless"]],
    ["store: 5", ["1:8 store: must be raft or leaderless, or a mapping with design: raft or leaderless"]],
    [
      "store: { design: leaderless, n: 3, r: 4 }",
      ["1:8 r (4) is more than n (3), the number of an object's replicas: no read could ever succeed"],
    ],
    [
      "store: { design: leaderless, n: 2, w: 3 }",
      ["1:8 w (3) is more than n (2), the number of an object's replicas: no write could ever succeed"],
    ],
    [
      "store: { design: leaderless, w: most, partitions: 100 }",
      [
        '1:33 store.w: must be one of one, quorum, all, or a whole number from 1 to n, not "most"',
        "1:51 store.partitions: must be one of 8, 16, 32, 64, 128, 256, 512, 1024, not 100",
      ],
    ],
    [
      "store: { design: leaderless, conflict: sibling }",
      ['1:40 store.conflict: "sibling" is none of siblings, lww; did you mean "siblings"?'],
    ],
    ["store: { design: leaderless, readrepair: false }", ['1:30 unknown key "readrepair"; did you mean "readRepair"?']],
    [
      "store: { design: leaderless, deleteMode: 3 }",
      ["1:42 store.deleteMode: must be keep, immediate, or a duration of 1ms to 24h, not 3"],
    ],
    ["store: { design: raft, preVote: 1 }", ["1:33 store.preVote: must be true or false, not 1"]],
    [
      "store: { design: raft, reads: lease, checkQuorum: false }",
      ["1:8 reads: lease needs checkQuorum: true, for without it nobody refuses another leader its vote while the lease lasts"],
    ],
    ["store: { design: raft, quotaBytes: 5 }", ["1:36 store.quotaBytes: must be at least 1048576, not 5"]],
    [
      "store: { design: raft, autoCompaction: { retention: 10ms } }",
      [
        '1:53 store.autoCompaction.retention: "10ms" is neither a number of revisions nor a duration of at least 1s: write for example 10000 or 1h',
      ],
    ],
    [
      "store: { design: raft, tls: { cert: a.pem, keys: a.key } }",
      [
        "1:29 store.tls: must be auto, or a mapping with the files cert and key, and clientCa where clients must show certificates",
      ],
    ],
    [
      "store: { design: raft, tls: true }",
      [
        "1:29 store.tls: must be auto, or a mapping with the files cert and key, and clientCa where clients must show certificates",
      ],
    ],
    [
      "store: { design: raft, autoCompaction: 1h }",
      ["1:40 store.autoCompaction: must be a mapping with retention: such as 10000 or 1h"],
    ],
    ["store: { design: raft, election_timeout: 5 }", ["1:42 store.election_timeout: 5 has no unit: write 5ms or 5s"]],
    [
      "store: { design: raft, heartbeat_interval: 3 parsecs }",
      ['1:44 store.heartbeat_interval: "3 parsecs" is not a duration: write for example 500ms, 2s or 1m30s'],
    ],
    ["services: {}", ["1:11 services: needs at least one service"]],
    ["services: { kv: 3 }", ["1:17 services.kv: must be a mapping with a store, an image or a build"]],
    ["- 1", ["1:1 the spec: must be a mapping such as `nodes: 3`"]],
    ["nodes: 3\nnodes: 4", ["2:1 Map keys must be unique"]],
  ])("%s", (text, expected) => {
    expect(problems(text)).toEqual(expected);
  });

  test.each([
    ["{ nodes: 3 }", ["1:13 services.api: needs a store, an image or a build"]],
    ["{ image: a, store: raft }", ["1:20 services.api.image: a service has a store or an image, not both"]],
    [
      "{ store: raft, ports: [80], command: [x] }",
      [
        "1:33 services.api.ports: belongs to an image; the bundled store knows its own",
        "1:46 services.api.command: belongs to an image; the bundled store knows its own",
      ],
    ],
    ["{ image: }", ["1:27 services.api.image: must be text"]],
    ["{ image: my api }", ["1:27 services.api.image: must be an image's name, such as my-api:dev"]],
    ["{ imag: a, store: raft }", ['1:20 unknown key "imag"; did you mean "image"?']],
    [
      "{ image: a, command: { node: 1 } }",
      ["1:39 services.api.command: must be a list of words, such as [node, server.js], or one text"],
    ],
    ["{ image: a, command: [sleep, 10] }", ['1:47 services.api.command.1: must be text: write "10" in quotes']],
    ["{ image: a, entrypoint: [] }", ["1:42 services.api.entrypoint: must have at least one word"]],
    [
      "{ image: a, environment: { PORT: 80, ON: true } }",
      [
        "1:51 services.api.environment.PORT: must be text: write it in quotes",
        "1:59 services.api.environment.ON: must be text: write it in quotes",
      ],
    ],
    ["{ image: a, environment: [A=b] }", ["1:43 services.api.environment: must be a mapping such as { KEY: value }"]],
    ["{ image: a, environment: { A B: c } }", ["1:50 services.api.environment.A B: is no variable's name"]],
    ["{ image: a, ports: 80 }", ["1:37 services.api.ports: must be a list of ports, such as [8080]"]],
    [
      "{ image: a, ports: [0, 70000] }",
      ["1:38 services.api.ports.0: must be at least 1, not 0", "1:41 services.api.ports.1: must be at most 65535, not 70000"],
    ],
    ["{ image: a, ports: [80, 80] }", ["1:42 services.api.ports.1: 80 is published already"]],
    ["{ image: a, protect: api-1 }", ["1:39 services.api.protect: must be true, or a list of nodes"]],
    [
      "{ image: a, protect: [api-4, kv-1] }",
      [
        '1:40 services.api.protect: api has no node "api-4"; did you mean "api-1"?',
        '1:47 services.api.protect: api has no node "kv-1"; there are api-1, api-2, api-3',
      ],
    ],
    // too many nodes: nobody knows yet which there will be
    ["{ image: a, nodes: 99, protect: [api-9] }", ["1:37 services.api.nodes: must be at most 15, not 99"]],
  ])("services: { api: %s }", (service, expected) => {
    expect(problems(`services: { api: ${service} }`)).toEqual(expected);
  });

  test.each([
    ["{}", ["needs http, or exec and leader"]],
    ["{ exec: [x], leader: y, http: { port: 80, path: /, leader: z } }", ["asks by http or by exec, not by both"]],
    ["{ exec: [x] }", ["exec needs a leader: what a leader's stdout has in it"]],
    ["{ http: { port: 80, path: /, leader: z }, leader: y }", ["of http, leader stands inside http"]],
    ["{ http: { port: 81, path: /, leader: z } }", ["port 81 must be one of the service's ports"]],
  ])("roles: %s", (roles, expected) => {
    const found = problems(`services: { api: { image: a, ports: [80], roles: ${roles} } }`);
    expect(found.map((line) => line.replace(/^.* services\.api\.roles: /, ""))).toEqual(expected);
  });

  test.each([
    [
      "{ http: { port: 80 } }",
      ["http.path: must be text", "http.leader: must be text: a regular expression that is found in what a leader says"],
    ],
    ["{ http: { port: 80, path: role, leader: x } }", ["http.path: must start with /"]],
    ["{ exec: [x], leader: '' }", ["leader: must not be empty"]],
    ["{ exec: [x], leader: '(' }", [expect.stringMatching(/^leader: is no regular expression: .*\(/) as string]],
  ])("in roles: %s", (roles, expected) => {
    const found = problems(`services: { api: { image: a, ports: [80], roles: ${roles} } }`);
    expect(found.map((line) => line.replace(/^.* services\.api\.roles\./, ""))).toEqual(expected);
  });

  test.each([
    ["{ formt: json }", ['unknown key "formt"; did you mean "format"?']],
    ["json", ["logs: must be a mapping such as { format: logfmt }"]],
    [
      "{ format: jsn }",
      [
        'logs.format: "jsn" is none of auto, json, logfmt, log4j, syslog, klog, capnslog, nginx, postgres, redis, text; did you mean "json"?',
      ],
    ],
    ["{ level: 5 }", ['logs.level: must be text: write "5" in quotes']],
    [
      "{ levels: { oops: eror } }",
      ['logs.levels.oops: "eror" is none of trace, debug, info, warn, error, fatal; did you mean "error"?'],
    ],
    ["{ levels: [a] }", ['logs.levels: must be a mapping such as { "10": debug, oops: error }']],
    ["{ pattern: '(' }", [expect.stringMatching(/^logs\.pattern: is no regular expression: .*\(/) as string]],
    [
      "{ pattern: x, format: json, message: m, levels: {} }",
      ["logs.format: a line has a format or a pattern, not both", "logs.message: a pattern has a group (?<msg>…) for it"],
    ],
    [
      "{ format: redis, time: t, levels: {} }",
      [
        "logs.time: is for json, logfmt and auto; redis knows its own",
        "logs.levels: is for json, logfmt and auto; redis knows its own",
      ],
    ],
  ])("logs: %s", (logs, expected) => {
    const found = problems(`services: { api: { image: a, logs: ${logs} } }`);
    expect(found.map((line) => line.replace(/^\S+ (?:services\.api\.)?/, ""))).toEqual(expected);
  });

  test("only an image is told how to log", () => {
    expect(problems("services: { kv: { store: raft, logs: { format: json } } }")).toEqual([
      "1:32 services.kv.logs: belongs to an image; the bundled store knows its own",
    ]);
  });

  test.each([
    ["leader: { store: raft }", [`1:13 a service cannot be called leader: ${ownMeaning}`]],
    ["clients: { store: raft }", [`1:13 a service cannot be called clients: ${ownMeaning}`]],
    ["a: { store: raft }, a-2: { store: raft }", ['1:33 "a-2" is also the name of a node of the service a']],
    [
      `${"x".repeat(38)}: { store: raft }`,
      [`1:13 "${"x".repeat(38)}" is too long for a service: its nodes are called ${"x".repeat(38)}-1 and so on, ${nameRule}`],
    ],
  ])("a service's name: { %s }", (services, expected) => {
    expect(problems(`services: { ${services} }`)).toEqual(expected);
  });

  test.each([
    ["{ zone: { eu: [n1] } }", ['1:12 unknown key "zone"; did you mean "zones"?']],
    ["{ zones: [n1] }", ["1:19 network.zones: must be a mapping of zones, such as { eu: [n1, n2], us: [n3] }"]],
    ["{ zones: { eu: n1 } }", ["1:25 network.zones.eu: must be a list of nodes and services"]],
    ["{ zones: { EU: [n1] } }", [`1:21 "EU" is not a name: ${nameRule}`]],
    ["{ zones: { random: [n1] } }", [`1:21 a zone cannot be called random: ${ownMeaning}`]],
    ["{ zones: { n2: [n1] } }", ["1:21 a zone cannot be called n2: a node or a service is"]],
    ["{ zones: { store: [n1] } }", ["1:21 a zone cannot be called store: a node or a service is"]],
    ["{ zones: { eu: [n4] } }", ['1:26 network.zones.eu: there is no node or service "n4"; did you mean "n1"?']],
    [
      "{ zones: { eu: [n1, n2], us: [n2, n3, n1] } }",
      ["1:40 network.zones.us: n2 cannot be in it: already in eu", "1:48 network.zones.us: n1 cannot be in it: already in eu"],
    ],
    ["{ zones: { eu: [n1], us: [store] } }", ["1:36 network.zones.us: n1 cannot be in it: already in eu"]],
    ["{ zones: { eu: [n1, n1] } }", ["1:30 network.zones.eu: n1 cannot be in it: already in eu"]],
  ])("network: %s", (network, expected) => {
    expect(problems(`network: ${network}`)).toEqual(expected);
  });

  test.each([
    ["{ shp: { otlp: http://a } }", ['1:12 unknown key "shp"; did you mean "ship"?']],
    ["http://a", ["1:10 logging: must be a mapping with ship"]],
    ["{ ship: http://a }", ["1:18 logging.ship: must be a mapping such as { otlp: http://localhost:4318 }"]],
    ["{ ship: { url: http://a } }", ["1:12 logging.ship.otlp: must be text: a receiver's URL, such as http://localhost:4318"]],
  ])("logging: %s", (logging, expected) => {
    expect(problems(`logging: ${logging}`)).toEqual(expect.arrayContaining(expected));
  });

  test.each([
    ["4318", "must be text: a receiver's URL, such as http://localhost:4318"],
    ["localhost:4318", "has no scheme: write http:// or https:// before the host"],
    ["127.0.0.1:4318", "has no scheme: write http:// or https:// before the host"],
    ["user:hunter2@host:4318", "has no scheme: write http:// or https:// before the host"],
    [
      "grpc://host:4317",
      "begins with grpc://, but logs are sent by HTTP: write http:// or https://, with the receiver's port for OTLP/HTTP, most often 4318",
    ],
    ["to my collector", "is not a URL: write for example http://localhost:4318"],
    ["''", "is not a URL: write for example http://localhost:4318"],
    ["http://host:port", "is not a URL: write for example http://localhost:4318"],
    [
      "http://user:hunter2@host:4318",
      "has a user or a password in it: put them into the header Authorization, as Basic and both in base64",
    ],
    ["http://host:4318?key=hunter2", "has a query (?…): leave it out; keys are sent in headers"],
    ["http://host:4318#logs", "has a fragment (#…), which is never sent: leave it out"],
    ["http://host:4318/v1/logs", "ends with /v1/logs: leave that out, /v1/logs is added by itself"],
    ["http://host/otlp/v1/traces/", "ends with /v1/traces/: leave that out, /v1/logs is added by itself"],
    ["http://otel:4318", "otel is a service, not a host: name a node of it, such as otel-1"],
  ])("logging.ship.otlp: %s", (otlp, expected) => {
    const found = problems(`logging: { ship: { otlp: ${otlp} } }\nservices: { otel: { image: x } }`);
    expect(found).toEqual([`1:26 logging.ship.otlp: ${expected}`]);
  });

  test.each([
    ["[a]", ['must be a mapping such as { Authorization: "Bearer ${TOKEN}" }']],
    ["{ X-Key: 5 }", ['X-Key: must be text: write "5" in quotes']],
    ["{ 'X Key': a }", ["X Key: is no header's name: letters, digits and dashes make one"]],
    ["{ Content-Type: a }", ["Content-Type: is set by what sends the logs, and by nobody else"]],
    ["{ X-Key: a, x-key: b }", ["x-key: is the same header as X-Key"]],
    [
      "{ a: $TOKEN, b: '${NO-NAME}', c: 'x$' }",
      ["a", "b", "c"].map(
        (name) => `${name}: has a $ that is neither \${NAME}, a variable of the environment, nor $$, which stands for a dollar`,
      ),
    ],
    ['{ a: "x\\ny" }', ["a: has a line break or another character in it that no header can have"]],
    ["{ a: '${LINES}' }", ["a: has a line break or another character in it that no header can have, once it is filled in"]],
    [
      "{ a: '${ONE}${TOKEN}${ONE}${TWO}', b: '$${THREE}' }",
      ["a: the variable ONE is not set in your environment", "a: the variable TWO is not set in your environment"],
    ],
  ])("logging.ship.headers: %s", (headers, expected) => {
    const found = problems(`logging: { ship: { otlp: "http://a", headers: ${headers} } }`, { TOKEN: "t", LINES: "hunter2\n" });
    expect(found.map((line) => line.replace(/^\S+ logging\.ship\.headers[.:] ?/, ""))).toEqual(expected);
  });

  test("a variable that is missing is told at its place", () => {
    expect(problems("logging:\n  ship:\n    otlp: http://a\n    headers:\n      a: x ${ONE}\n", {})).toEqual([
      "5:10 logging.ship.headers.a: the variable ONE is not set in your environment",
    ]);
  });

  test("all of them come at once, in the order of the text", () => {
    const text = [
      "services:",
      "  KV:",
      "    store: raft",
      "    nodez: 3",
      "  b: { store: raft, nodes: 99 }",
      "  all: { nodes: 2, roles: { exec: [x] } }",
      "nodes: 3",
      "network: { zones: { eu: [b-1, c-1], b: [b-1] } }",
    ].join("\n");
    expect(problems(text)).toEqual([
      `2:3 "KV" is not a name: ${nameRule}`,
      '4:5 unknown key "nodez"; did you mean "nodes"?',
      "5:28 services.b.nodes: must be at most 15, not 99",
      `6:3 a service cannot be called all: ${ownMeaning}`,
      "6:3 services.all: needs a store, an image or a build",
      "6:29 services.all.roles: exec needs a leader: what a leader's stdout has in it",
      "7:1 nodes: is short for a single service; with services, put it inside one of them",
      expect.stringMatching(/^8:31 network\.zones\.eu: there is no node or service "c-1"; did you mean "b-1"\?$/),
      "8:37 a zone cannot be called b: a node or a service is",
      "8:41 network.zones.b: b-1 cannot be in it: already in eu",
    ]);
  });

  test("options that clash are told where they stand", () => {
    expect(problems("nodes: 3\nstore: { design: raft, election_timeout: 100ms }")).toEqual([
      "2:8 election_timeout (100ms) must be at least three heartbeat_intervals (100ms each), or followers stand for election all the time",
    ]);
  });
});
