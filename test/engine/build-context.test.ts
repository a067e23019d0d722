// Shows what a builder is sent of a folder: all but what .dockerignore leaves out, with links and modes as they are.
import { Readable } from "node:stream";
import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { extract } from "tar-stream";
import { expect, onTestFinished, test } from "vitest";
import { contextOf } from "../../src/engine/build-context.js";

/** `name`, `name/` for folders, `name -> target` for links; in the order of the tar. */
async function sent(
  files: Readonly<Record<string, string>>,
  dockerfile = "Dockerfile",
  change?: (folder: string) => Promise<void>,
): Promise<readonly string[]> {
  const folder = await mkdtemp(path.join(tmpdir(), "devious-context-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  for (const [name, text] of Object.entries(files)) {
    await mkdir(path.dirname(path.join(folder, name)), { recursive: true });
    await writeFile(path.join(folder, name), text);
  }
  await change?.(folder);
  const tar = Readable.from(contextOf(folder, dockerfile)).pipe(extract());
  const names: string[] = [];
  for await (const entry of tar) {
    const { name, type, linkname, mode } = entry.header;
    const isOdd = type === "file" && mode !== 0o644;
    const shown = type === "directory" ? `${name.replace(/\/$/, "")}/` : type === "symlink" ? `${name} -> ${linkname}` : name;
    names.push(isOdd ? `${shown} ${mode.toString(8)}` : shown);
    entry.resume();
  }
  return names;
}

const tree = { Dockerfile: "FROM scratch", "a/b": "1", "a/c": "2", "node_modules/x/y": "3", "z.log": "4" };

test("everything, folders before what is in them", async () => {
  expect(await sent(tree)).toEqual([
    "Dockerfile",
    "a/",
    "a/b",
    "a/c",
    "node_modules/",
    "node_modules/x/",
    "node_modules/x/y",
    "z.log",
  ]);
});

test.each<[string, string, readonly string[]]>([
  ["a folder and a pattern", "node_modules\n*.log\n", [".dockerignore", "Dockerfile", "a/", "a/b", "a/c"]],
  ["all but an exception below", "*\n!a/b\n", [".dockerignore", "Dockerfile", "a/b"]],
  [
    "a later line wins",
    "a\n!a/c\na/c\n",
    [".dockerignore", "Dockerfile", "node_modules/", "node_modules/x/", "node_modules/x/y", "z.log"],
  ],
  ["at any depth, comments aside", "# none\n**/y\nz.*\na\n", [".dockerignore", "Dockerfile", "node_modules/", "node_modules/x/"]],
  [
    "what the builder needs is sent all the same",
    "Dockerfile\n.dockerignore\na\nnode_modules\n*.log",
    [".dockerignore", "Dockerfile"],
  ],
])(".dockerignore: %s", async (_, rules, expected) => {
  expect(await sent({ ...tree, ".dockerignore": rules })).toEqual(expected);
});

test("a Dockerfile in a folder that is left out is sent", async () => {
  const names = await sent(
    { "build/Dockerfile.dev": "FROM scratch", "build/x": "1", ".dockerignore": "build\n" },
    "build/Dockerfile.dev",
  );
  expect(names).toEqual([".dockerignore", "build/Dockerfile.dev"]);
});

test("links are links, and programs stay programs", async () => {
  const names = await sent({ Dockerfile: "FROM scratch", run: "#!/bin/sh" }, "Dockerfile", async (folder) => {
    await chmod(path.join(folder, "run"), 0o755);
    await symlink("/nowhere/at/all", path.join(folder, "link"));
  });
  expect(names).toEqual(["Dockerfile", "link -> /nowhere/at/all", "run 755"]);
});

test("a folder that is not there is an error for who reads", async () => {
  const context = contextOf("/no/such/folder", "Dockerfile");
  await expect(context.next()).rejects.toMatchObject({ code: "ENOENT" });
});
