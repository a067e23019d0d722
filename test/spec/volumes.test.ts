// Shows how volumes, binds, tmpfs and files of an image are written, and that nothing is mounted or put where something else is.
import { describe, expect, test } from "vitest";
import { imageIn, problemsIn, problemsOfImage } from "../support/spec-text.js";

const folder = "/home/me/My App";
const own = { type: "volume", name: "data", target: "/d", readOnly: false, shared: false };
const bind = { type: "bind", source: `${folder}/conf`, target: "/c", readOnly: false };

test.each([
  ["data:/d", own],
  ["data:/d/", own],
  ["data:/d:ro", { ...own, readOnly: true }],
  ["a:/c:ro", { ...own, name: "a", target: "/c", readOnly: true }],
  ["{ type: volume, source: data, target: /d, shared: true }", { ...own, shared: true }],
  ["./conf:/c", bind],
  ["./conf/../conf/:/c:rw", bind],
  ["../x:/c", { ...bind, source: "/home/me/x" }],
  ["/etc/x:/c:ro", { ...bind, source: "/etc/x", readOnly: true }],
  ["~/x:/c", { ...bind, source: "/home/you/x" }],
  ["~:/c", { ...bind, source: "/home/you" }],
  ["./{{node}}:/c", { ...bind, source: `${folder}/{{node}}` }],
  ["{ type: bind, source: conf, target: /c, read_only: true }", { ...bind, readOnly: true }],
  ["{ type: tmpfs, target: /t }", { type: "tmpfs", target: "/t", sizeBytes: null }],
  ["{ type: tmpfs, target: /t, size: 1.5mb }", { type: "tmpfs", target: "/t", sizeBytes: 1.5 * 2 ** 20 }],
])("%s", (volume, expected) => {
  const spelled = volume.startsWith("{") ? volume : `"${volume}"`;
  expect(imageIn(`image: a, volumes: [${spelled}]`, { HOME: "/home/you" }).volumes).toEqual([expected]);
});

describe("problems with volumes", () => {
  test.each([
    ["[/d]", ['0: "/d" is no volume: write "name:/path" for one of the engine\'s, or "./folder:/path" for one of yours']],
    ["['a:b']", ['0.target: "b" is not an absolute path in the container: it begins with /']],
    ["['a:/']", ["0.target: is the whole of the container: name a folder in it"]],
    ["['a:/{{node}}']", ["0.target: is the same on each node: no template is filled in here"]],
    ["['a:/c:z']", ['0: "a:/c:z": z is unknown, only ro and rw can follow']],
    [
      "['a b:/c']",
      [
        "0.source: \"a b\" is not a volume's name: letters, digits, dashes and underscores, at most 40; a folder's path begins with ./ or /",
      ],
    ],
    ["['shared:/c']", ["0.source: a volume cannot be called shared: that word is in the names of those that are"]],
    ["['~bob/x:/c']", ["0.source: only ~ and ~/ are known, which is your own home: write out whose home is meant"]],
    ["['./{{nod}}:/c']", ["0.source: there is no {{nod}}; did you mean {{node}}?"]],
    ["['a:/c', './x:/c/']", ["1: something is mounted at /c already"]],
    ["[{ source: a }]", ["0.type: needs a type: one of volume, bind, tmpfs"]],
    ["[{ type: volum }]", ['0.type: "volum" is none of volume, bind, tmpfs; did you mean "volume"?']],
    ["[{ type: tmpfs, target: /t, size: 5 }]", ["0.size: 5 has no unit: write for example 5mb"]],
    ["[5]", ['0: must be a volume, such as "data:/var/lib/api"']],
  ])("%s", (volumes, expected) => {
    expect(problemsOfImage(`volumes: ${volumes}`)).toEqual(expected.map((message) => `volumes.${message}`));
  });

  test("a volume is shared by all that name it, or by none", () => {
    const shared = "{ type: volume, source: d, target: /d, shared: true }";
    const text = `services:\n  a: { image: x, volumes: [${shared}] }\n  b: { image: x, volumes: [${shared}, "d:/e"] }`;
    expect(problemsIn(text)).toEqual(["3:83 services.b.volumes.1: d is shared in a and not here: give one of them another name"]);
  });

  test("whose home is meant has to be known, to boot", () => {
    expect(problemsOfImage("volumes: ['~/x:/c']", {})).toEqual([
      "volumes.0: ~ is unknown: the variable HOME is not set in your environment",
    ]);
    expect(problemsOfImage("volumes: ['~/x:/c']")).toEqual([]);
  });
});

test("files", () => {
  const text = 'image: a, files: { /a: "{{node}}", "/b/{{node}}": { content: "" }, //c/./d: { content: x, mode: "0755" } }';
  expect(imageIn(text).files).toEqual([
    { path: "/a", content: "{{node}}", mode: 0o644 },
    { path: "/b/{{node}}", content: "", mode: 0o644 },
    { path: "/c/d", content: "x", mode: 0o755 },
  ]);
});

describe("problems with files", () => {
  test.each([
    ["{ etc: a }", ['etc: "etc" is not an absolute path in the container: it begins with /']],
    ["{ /etc/: a }", ['/etc/: "/etc/" is a folder\'s path: name the file']],
    ["{ /a: x, //a: y, /a/b: z }", ["//a: is there already", "/a/b: cannot be inside /a, which is a file"]],
    ["{ /a/b: x, /a: y }", ["/a/b: cannot be inside /a, which is a file"]],
    ["{ /a: 5 }", ["/a: must be a mapping with content and mode, or one text, which is the content"]],
    [
      "{ /a: { content: x, mode: 0755 } }",
      ['/a.mode: 755 is no mode: write permission bits in octal and in quotes, such as "0755"'],
    ],
    ["{ /a: { mode: '0755' } }", ["/a.content: must be text"]],
    [
      "{ /a: '{{nod}}', '/{{nod}}': '' }",
      ["/a.content", "/{{nod}}"].map((at) => `${at}: there is no {{nod}}; did you mean {{node}}?`),
    ],
  ])("%s", (files, expected) => {
    expect(problemsOfImage(`files: ${files}`)).toEqual(expected.map((message) => `files.${message}`));
  });

  test("nothing is put where nobody sees it, or onto the user's own disk", () => {
    const volumes = "[{ type: tmpfs, target: /t }, './b:/b', 'v:/v', 'w:/b/w']";
    expect(problemsOfImage(`files: { /t/a: x, /b/a: x, /v/a: x, /b/w/a: x, /bb: x }, volumes: ${volumes}`)).toEqual([
      "files./t/a: nobody would see it below the tmpfs at /t",
      "files./b/a: it would be written to your own ./b, which is mounted at /b",
    ]);
  });
});
