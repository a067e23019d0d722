// Shows that what the command line says instead goes with the rest of the spec, or is refused.
import { expect, test } from "vitest";
import { withOverrides } from "../../src/spec/overrides.js";
import { specIn } from "../support/spec-text.js";

test("an image that is named after its cluster is renamed with it", () => {
  const spec = specIn("services: { a: { build: . }, b: { build: ., image: mine }, c: { image: devious-my-app-c } }");
  const images = withOverrides(spec, { name: "other" }).services.map((service) => "image" in service && service.image);
  expect(images).toEqual(["devious-other-a", "mine", "devious-my-app-c"]);
});

const network = "network: { zones: { eu: [n1], us: [n2, n3], all-of-it: [] }, links: [{ between: [eu, us], loss: 1% }] }";

test("a link is between the nodes that there are", () => {
  const links = (text: string, nodes: number) => withOverrides(specIn(text), { nodes }).links.map((link) => link.nodes);
  expect(links(network, 2)).toEqual([[["n1"], ["n2"]]]);
  expect(links(network, 4)).toEqual([[["n1"], ["n2", "n3"]]]);
  const rest = "network: { zones: { eu: [n1], us: [n2] }, links: [{ between: [n1, us], delay: 1ms }] }";
  expect(links(rest, 5)).toEqual([[["n1"], ["n2"]]]);
});

test.each([
  [network, 1, "network.links: us has no node left"],
  [
    'services: { api: { image: a, ports: [80, "1-3:81"] } }',
    2,
    'services.api.ports: fixes 3 ports for 2 nodes: write "1-2:81", or 81 alone',
  ],
  [
    "services: { api: { image: a, hooks: { after_up: [{ exec: x, node: api-3 }] } } }",
    2,
    "services.api.hooks: there is no api-3",
  ],
])("%s with %i nodes", (text, nodes, expected) => {
  expect(() => withOverrides(specIn(text), { nodes })).toThrow(`--nodes ${nodes} does not go with the spec: ${expected}`);
});

test("as many nodes as it has fixed ports for are as before", () => {
  const spec = specIn('services: { api: { image: a, ports: ["1-3:81"] } }');
  expect(withOverrides(spec, { nodes: 3 })).toEqual(spec);
});
