// Shows what templates are filled in with for each node, and that one which cannot be is told where the spec is read.
import { describe, expect, test } from "vitest";
import { fillerFor, forNode, problemWithTemplates, withFilledHooks } from "../../src/spec/templates.js";
import { imageIn, specIn } from "../support/spec-text.js";

const service = { name: "kv", nodes: ["kv-1", "kv-2", "kv-3"] };

test.each([
  ["{{node}} of {{service}} is number {{index}}", "kv-2 of kv is number 2"],
  ["{{peers}}", "kv-1,kv-2,kv-3"],
  ["{{others}}", "kv-1,kv-3"],
  ["{{peers|*=http://*:2380}}", "kv-1=http://kv-1:2380,kv-2=http://kv-2:2380,kv-3=http://kv-3:2380"],
  ["{{others|*:1| }}", "kv-1:1 kv-3:1"],
  ["{{others||;}}", ";"],
  ["s{{seed}}", "s7"],
  ["{{{{node}}", "{{node}}"],
  ["{{{{{{{{", "{{{{"],
  ["{{ .ID }} {{$x}} {{1}} {a} }}", "{{ .ID }} {{$x}} {{1}} {a} }}"],
])("%s", (text, expected) => {
  expect(problemWithTemplates(text)).toBeUndefined();
  expect(fillerFor(service, "kv-2", 7)(text)).toBe(expected);
});

test.each([
  ["{{nodes}}", "there is no {{nodes}}; did you mean {{node}}?"],
  ["{{x}}", "there is no {{x}}: known are node, index, peers, others, service, seed; {{{{ stands for two braces"],
  ["{{node|*}}", "{{node|*}}: only peers and others are lists, which can be given a form"],
  ["{{node }}", "{{node is not closed: write {{node}}, or {{{{node where the text itself is meant"],
  ["a {{peers|*:1", "{{peers is not closed: write {{peers}}, or {{{{peers where the text itself is meant"],
])("problem: %s", (text, expected) => {
  expect(problemWithTemplates(text)).toBe(expected);
});

describe("a service as one of its nodes has it", () => {
  const keys = [
    "image: a, nodes: 2, ports: [80]",
    'entrypoint: ["{{node}}"]',
    'command: "run {{others|*:1| }}"',
    'environment: { A: "{{node}}" }',
    'volumes: ["./{{node}}:/c", "v:/v"]',
    'files: { "/{{node}}": "{{index}}" }',
    'ready: { http: "/{{node}}" }',
    'roles: { http: { path: "/{{node}}", json: "{{node}}.role", leader: "^{{node}}$" } }',
    'labels: { node: "{{node}}" }',
  ];

  test("has no template left", () => {
    const one = forNode(imageIn(keys.join(", ")), "api-2", 1);
    expect(one).toMatchObject({
      entrypoint: ["api-2"],
      command: ["run", "api-1:1"],
      environment: { A: "api-2" },
      volumes: [{ source: "/home/me/My App/api-2" }, { name: "v" }],
      files: [{ path: "/api-2", content: "2" }],
      ready: { probe: { path: "/api-2" } },
      roles: { path: "/api-2", json: "api-2.role", leader: "^api-2$" },
      labels: { node: "api-2" },
    });
    expect(JSON.stringify(one)).not.toContain("{{");
  });
});

test("hooks are filled in for the node they run in, and on the host for the service's first", () => {
  const text = [
    "seed: 7",
    "services:",
    "  kv: { store: raft, nodes: 2, hooks: { before_down: [{ exec: 'x {{peers}}' }] } }",
    "  api:",
    "    image: a",
    "    nodes: 2",
    "    hooks:",
    "      after_up:",
    "        - host: [./seed.sh, '{{node}}', '{{seed}}']",
    "        - { exec: 'a {{peers}}', node: kv-2 }",
    "        - { exec: 'b {{node}}', node: api-2 }",
  ].join("\n");
  const spec = specIn(text);
  expect(withFilledHooks(spec).services.map((service) => service.hooks)).toEqual([
    { afterUp: [], beforeDown: [{ on: "node", node: "kv-1", command: ["x", "kv-1,kv-2"] }] },
    {
      afterUp: [
        { on: "host", command: ["./seed.sh", "api-1", "7"] },
        { on: "node", node: "kv-2", command: ["a", "kv-1,kv-2"] },
        { on: "node", node: "api-2", command: ["b", "api-2"] },
      ],
      beforeDown: [],
    },
  ]);
});
