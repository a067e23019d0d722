/** Images that hold nothing but a program of this machine and the libraries it needs, as our own nodes' do. */
import { readFileSync, realpathSync } from "node:fs";
import { basename } from "node:path";
import { execa } from "execa";
import { pack } from "tar-stream";
import { docker } from "./docker.js";

/** Makes the image `name:local`, with the program at its root. */
export async function makeImage(name, binary) {
  await docker("POST", `/images/create?fromSrc=-&repo=${name}&tag=local`, { stream: await imageTar(binary) });
}

/** One that is not there is gone. */
export async function removeImage(name) {
  await docker("DELETE", `/images/${name}:local`, { allow: [404] });
}

async function imageTar(binary) {
  const { stdout } = await execa("ldd", [binary], { reject: false });
  const libraries = [...stdout.matchAll(/(?:=> |^\s*)(\/\S+) \(0x/gm)].map(([, path]) => path);
  const tar = pack();
  tar.entry({ name: basename(binary), mode: 0o755 }, readFileSync(binary));
  for (const library of libraries) tar.entry({ name: library.slice(1), mode: 0o755 }, readFileSync(realpathSync(library)));
  tar.entry({ name: "etc/nsswitch.conf", mode: 0o644 }, "hosts: files dns\n");
  tar.finalize();
  return tar;
}
