// Shows how ports of an image are written, that fixed ones are each node's own, and that probes ask published ones only.
import { describe, expect, test } from "vitest";
import { imageIn, problemsIn, problemsOfImage } from "../support/spec-text.js";

test.each([
  ["[8080]", [{ container: 8080, host: null }]],
  ['["8080", "81/tcp"]', [8080, 81].map((container) => ({ container, host: null }))],
  ['["9000-9002:8080"]', [{ container: 8080, host: [9000, 9001, 9002] }]],
  [
    '["127.0.0.1:9000-9002:8080", "localhost:1-3:81"]',
    [
      { container: 8080, host: [9000, 9001, 9002] },
      { container: 81, host: [1, 2, 3] },
    ],
  ],
])("%s", (ports, expected) => {
  expect(imageIn(`image: a, nodes: 3, ports: ${ports}`).ports).toEqual(expected);
});

test("one node has one fixed port", () => {
  expect(imageIn('image: a, nodes: 1, ports: ["9000:8080"]').ports).toEqual([{ container: 8080, host: [9000] }]);
});

describe("problems", () => {
  test.each([
    ['["9000:80"]', ['fixes 1 port for 3 nodes: write "9000-9002:80", or 80 alone']],
    ['["9000-9001:80"]', ['fixes 2 ports for 3 nodes: write "9000-9002:80", or 80 alone']],
    ['["9002-9000:80"]', ['"9002-9000:80": the range 9002-9000 ends before it begins']],
    ['["0.0.0.0:9000:80"]', ['"0.0.0.0:9000:80": ports are published on 127.0.0.1 only, so leave 0.0.0.0 out']],
    ['["80/udp"]', ['"80/udp": only TCP ports are published']],
    ["[x]", ['"x" is no port: write for example 8080 or "9000:8080"']],
    ['["8080-8082"]', ['"8080-8082" is no port: write for example 8080 or "9000:8080"']],
    ['["99999:80"]', ["must be at most 65535, not 99999"]],
    ["[{ target: 80 }]", ['must be a port, such as 8080, or "9000:8080" with the port of this machine before it']],
  ])("%s", (ports, expected) => {
    expect(problemsOfImage(`ports: ${ports}`)).toEqual(expected.map((message) => `ports.0: ${message}`));
  });

  test("a port of this machine is one node's, of whatever service", () => {
    expect(problemsOfImage('ports: ["9000-9002:80", "9002-9004:81"]')).toEqual([
      "ports.1: port 9002 of this machine is fixed already",
    ]);
    const text = 'services:\n  a: { image: x, ports: ["1-3:80"] }\n  b: { image: y, ports: ["3-5:80"] }';
    expect(problemsIn(text)).toEqual(["3:26 services.b.ports.0: port 3 of this machine is fixed for a already"]);
  });

  test.each([
    ["ready: { http: /x }", ["ready.http: needs a port: publish one in `ports`"]],
    ["ports: [80, 81], ready: { http: /x }", ["ready.http: needs a port: the service publishes 80, 81"]],
    ["ports: [80], ready: { http: /x, port: 81 }", ["ready.port: port 81 must be one of the service's ports"]],
    ["ports: [80], ready: { tcp: 81 }", ["ready.tcp: port 81 must be one of the service's ports"]],
    ["roles: { http: { path: /, leader: x } }", ["roles: needs a port: publish one in `ports`"]],
    // one thing wrong is told once
    ["ports: [x], ready: { http: /x }", ['ports.0: "x" is no port: write for example 8080 or "9000:8080"']],
  ])("what is asked has to be published: %s", (keys, expected) => {
    expect(problemsOfImage(keys)).toEqual(expected);
  });
});

test("where one port is published, probes need not name it", () => {
  const { ready, roles } = imageIn("image: a, ports: [8080], ready: { http: / }, roles: { http: { path: /, leader: x } }");
  expect([ready?.probe, roles]).toMatchObject([{ port: 8080 }, { port: 8080 }]);
});
