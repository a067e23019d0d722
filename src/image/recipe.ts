import type { EngineFacts } from "../engine/port.js";

/** The two ways to get Node and the network tools into the image; the programs of ours are the same in both. */
export type Base = "local" | "registry";

/** Names that Node gives to what Docker calls otherwise. */
const dockerArch: Readonly<Record<string, string>> = {
  x64: "amd64",
  arm64: "arm64",
  arm: "arm",
  ppc64: "ppc64le",
  s390x: "s390x",
};

/**
 * `local` wherever this machine's own files run in the engine's containers: no registry, no pull. Anything else (macOS, Windows, an
 * engine far away, another architecture) takes a slim Node image and packages.
 */
export function chooseBase(facts: EngineFacts, host: { readonly platform: string; readonly arch: string }): Base {
  const same = facts.local && host.platform === "linux" && facts.os === "linux" && dockerArch[host.arch] === facts.arch;
  return same ? "local" : "registry";
}

/** Where our programs are in the image. */
export const imagePaths = {
  node: "/usr/bin/node",
  store: "/devious/store.mjs",
  agent: "/devious/agent.mjs",
  shipper: "/devious/shipper.mjs",
} as const;

const toolPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/** The context holds the whole file tree under `rootfs/`. */
export function localDockerfile(): string {
  return ["FROM scratch", "COPY rootfs/ /", `ENV PATH=${toolPath}`, 'CMD ["node", "/devious/store.mjs"]', ""].join("\n");
}

/** The context holds our programs under `devious/`. */
export function registryDockerfile(): string {
  return [
    "FROM node:22-bookworm-slim",
    "RUN apt-get update \\",
    " && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends iproute2 iptables netbase nftables util-linux \\",
    " && rm -rf /var/lib/apt/lists/*",
    "COPY devious/ /devious/",
    'CMD ["node", "/devious/store.mjs"]',
    "",
  ].join("\n");
}

/** What programs look up, in an image that has no distribution: file -> its text. */
export const localSettings: Readonly<Record<string, string>> = {
  // glibc asks DNS for names only when told to look there
  "/etc/nsswitch.conf": "hosts: files dns\n",
  // nft tells protocols by the names it finds here, and by bare numbers where it finds none
  "/etc/protocols": "icmp 1 ICMP\ntcp 6 TCP\nudp 17 UDP\nipv6-icmp 58 IPv6-ICMP\n",
  "/etc/passwd": "root:x:0:0:root:/:/sbin/nologin\n",
};
