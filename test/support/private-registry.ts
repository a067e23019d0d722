import { createHash } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { gzipSync } from "node:zlib";
import { pack } from "tar-stream";

/** A registry on this machine that gives one image of one file to whoever knows its password (distribution, "HTTP API V2"). */
export interface PrivateRegistry {
  /** `127.0.0.1:PORT` */
  readonly host: string;
  /** How often somebody without the password came. */
  turnedAway(): number;
  close(): Promise<void>;
}

const imageConfigType = "application/vnd.docker.container.image.v1+json";
const layerType = "application/vnd.docker.image.rootfs.diff.tar.gzip";
const manifestType = "application/vnd.docker.distribution.manifest.v2+json";

export async function startPrivateRegistry(user: string, password: string): Promise<PrivateRegistry> {
  const tar = pack();
  tar.entry({ name: "hello" }, "hello");
  tar.finalize();
  const pieces: Uint8Array[] = [];
  for await (const piece of tar as AsyncIterable<Uint8Array>) pieces.push(piece);
  const layer = Buffer.concat(pieces);
  const zipped = gzipSync(layer);
  const rootfs = { type: "layers", diff_ids: [digestOf(layer)] };
  const config = Buffer.from(JSON.stringify({ architecture: "amd64", os: "linux", config: {}, rootfs, history: [] }));
  const manifest = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: manifestType,
      config: { mediaType: imageConfigType, size: config.length, digest: digestOf(config) },
      layers: [{ mediaType: layerType, size: zipped.length, digest: digestOf(zipped) }],
    }),
  );
  const blobs = new Map([config, zipped].map((blob) => [digestOf(blob), blob]));
  const expected = `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`;
  let turnedAway = 0;
  const server = createServer((request, response) => {
    const { url = "", method, headers } = request;
    if (headers.authorization !== expected) {
      turnedAway++;
      response.writeHead(401, { "WWW-Authenticate": 'Basic realm="private"' }).end();
      return;
    }
    const what = /\/manifests\//.test(url) ? manifest : blobs.get(url.split("/").at(-1) ?? "");
    if (what === undefined && url !== "/v2/") response.writeHead(404).end();
    else if (what === undefined) response.writeHead(200).end();
    else {
      const type = what === manifest ? manifestType : "application/octet-stream";
      response.writeHead(200, { "Content-Type": type, "Content-Length": what.length, "Docker-Content-Digest": digestOf(what) });
      response.end(method === "HEAD" ? undefined : what);
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    turnedAway: () => turnedAway,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function digestOf(bytes: Uint8Array): string {
  return `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
}
