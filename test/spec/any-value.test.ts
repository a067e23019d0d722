// Shows that whatever stands at a key of a spec, it is read or told at a place in the text; nothing throws.
import fc from "fast-check";
import { expect, test } from "vitest";
import { stringify } from "yaml";
import { knownKeysIn } from "../../src/spec/json-schema.js";
import { parseSpec } from "../../src/spec/parse.js";

const keys = knownKeysIn({ services: { api: {} } })(["services", "api"]);
const inner = [
  "http",
  "port",
  "exec",
  "leader",
  "type",
  "source",
  "target",
  "content",
  "host",
  "node",
  "after_up",
  "args",
  "soft",
  "nofile",
];
const words = [
  "kv",
  "api",
  "api-1",
  "n1",
  "eu",
  "/x",
  "./x:/y",
  "a:/b",
  "9000:80",
  "{{node}}",
  "{{nod",
  "${A}",
  "${A:-{",
  "1s",
  "1mb",
  "1%",
  "tmpfs",
];

const { value } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    fc.constantFrom<unknown>(null, true, false, 0, -1, 80, 0.5, "", ...words),
    fc.string({ maxLength: 5 }),
    fc.array(tie("value"), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom(...inner, ...words), tie("value"), { maxKeys: 3 }),
  ),
}));

const service = fc.dictionary(fc.constantFrom(...keys), value, { maxKeys: 6 });
const spec = fc.record(
  {
    services: fc.record({ kv: service, api: service }, { requiredKeys: [] }),
    network: fc.record({ zones: value, links: value }, { requiredKeys: [] }),
    nodes: value,
    logging: value,
  },
  { requiredKeys: ["services"] },
);

test("a spec of anything", () => {
  fc.assert(
    fc.property(spec, (file) => {
      const text = stringify(file, { aliasDuplicateObjects: false });
      const result = parseSpec(text, "/x", { variables: {}, readEnvFile: () => ({ problem: "no" }) });
      const lines = text.split("\n").length;
      const places = result.ok ? [] : result.problems;
      expect(places.filter(({ line, column }) => line < 1 || line > lines || column < 1)).toEqual([]);
      expect(
        places.filter(({ message }) => /undefined|\[object|Invalid (input|option)|Unrecognized|expected/i.test(message)),
      ).toEqual([]);
    }),
    { numRuns: 100 },
  );
});
