// Shows where the environment of nodes comes from: the spec, the user's variables, env files; and that no message repeats a value.
import { expect, test } from "vitest";
import { forNode } from "../../src/spec/templates.js";
import { imageIn, problemsOfImage } from "../support/spec-text.js";

const folder = "/home/me/My App";
const variables = { TOKEN: "t0k", EMPTY: "", BRACES: "{{node}} {{" };

test.each([
  ["${TOKEN}", "t0k"],
  ["a ${TOKEN}-${TOKEN}", "a t0k-t0k"],
  ["${NOPE:-dev}", "dev"],
  ["${NOPE:-}", ""],
  ["${EMPTY}", ""],
  ["${EMPTY:-dev}", "dev"],
  ["${TOKEN:-dev}", "t0k"],
  ["$${TOKEN}", "${TOKEN}"],
  ["$PATH $1 $$ ${ ${TOKEN%x} $", "$PATH $1 $$ ${ ${TOKEN%x} $"],
  ["{{node}} ${BRACES} {{{{x}}", "api-2 {{node}} {{ {{x}}"],
])("%s", (text, expected) => {
  const service = imageIn(`image: a, environment: { A: ${JSON.stringify(text)} }`, variables);
  expect(forNode(service, "api-2", 1).environment["A"]).toBe(expected);
});

test("whoever only looks at a spec sees what is written, and reads no file", () => {
  const service = imageIn('image: "a:${TAG}", environment: { A: "${NOPE}" }, env_file: nope.env');
  expect(service).toMatchObject({ image: "a:${TAG}", environment: { A: "${NOPE}" } });
});

test("a later env file goes before an earlier one, and the spec before all; nothing in a file is filled in", () => {
  const files = {
    [`${folder}/a.env`]: { A: "1", B: "1", C: "1" },
    "/etc/b.env": { B: "2", C: "2", D: "${TOKEN} {{node}}" },
  };
  const service = imageIn("image: a, env_file: [a.env, /etc/b.env], environment: { C: '3' }", variables, files);
  const { environment } = forNode(service, "api-1", 1);
  expect(environment).toEqual({ A: "1", B: "2", C: "3", D: "${TOKEN} {{node}}" });
});

test.each([
  ["environment: { A: '${NOPE} ${NOPE}', B: '${TOKEN}' }", ["environment.A: the variable NOPE is not set in your environment"]],
  ["environment: { A: '${X:-${Y}}' }", ["environment.A: the default of the variable X cannot have braces in it"]],
  ["environment: { A: '{{nde}}' }", ["environment.A: there is no {{nde}}; did you mean {{node}}?"]],
  ["environment: { PASSWORD: 123456 }", ["environment.PASSWORD: must be text: write it in quotes"]],
  ["environment: { A: {{node}} }", ["environment.A: must be text: write it in quotes"]],
  ["labels: { a: {{node}} }", ['labels.a: must be text: write "{{node}}" in quotes']],
  ["env_file: x.env", ["env_file.0: x.env cannot be read: there is no such file"]],
  ["env_file: [5]", ['env_file.0: must be text: write "5" in quotes']],
  ["env_file: { a: b }", ["env_file: must be a file, or a list of files"]],
])("problems: %s", (keys, expected) => {
  expect(problemsOfImage(keys, variables)).toEqual(expected);
});

test.each([
  "environment: { A: { hunter2: hunter2 } }",
  "environment: { A: [hunter2] }",
  "environment: [A=hunter2]",
  "environment: hunter2",
  "environment: { A: 'hunter2 ${NOPE}', B: 'hunter2 ${X:-{hunter2}}' }",
  "environment: { A: 'hunter2 {{nod}} {{peers' }",
  "enviroment: { A: hunter2 }",
  "build: { args: { A: [hunter2] } }",
  "build: { args: { A: '${NOPE} hunter2' } }",
  "environment: { A: hunter2, A: hunter2 }",
  "environment: { A: *hunter2 }",
  "environment: { A: hunter2",
])("no secret is in what is said of a spec (issue 7, Must hold 7): %s", (keys) => {
  const found = problemsOfImage(keys, variables);
  expect(found.length).toBeGreaterThan(0);
  expect(found.join("\n")).not.toContain("hunter2");
});
