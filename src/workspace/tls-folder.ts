import { mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";

/** A certificate and its private key, as PEM. */
export interface KeyPair {
  readonly cert: string;
  readonly key: string;
}

/** `.devious/<cluster>/tls`: certificates that devious made for a cluster, `NAME.pem`, and their keys, `NAME.key`. */
export class TlsFolder {
  readonly #folder: string;
  readonly #writes: boolean;

  /** `folder`: that of the spec. `writes`: false for whoever only wants to know what would be. */
  constructor(folder: string, cluster: string, writes: boolean) {
    this.#folder = path.join(folder, ".devious", cluster, "tls");
    this.#writes = writes;
  }

  certFile(name: string): string {
    return path.join(this.#folder, `${name}.pem`);
  }

  keyFile(name: string): string {
    return path.join(this.#folder, `${name}.key`);
  }

  /** Undefined where one of the two is missing. */
  async read(name: string): Promise<KeyPair | undefined> {
    const [cert, key] = await Promise.all([this.certFile(name), this.keyFile(name)].map(textOf));
    return cert === undefined || key === undefined ? undefined : { cert, key };
  }

  /** Nobody else on this machine may read the key. */
  async keep(name: string, { cert, key }: KeyPair): Promise<void> {
    if (!this.#writes) return;
    await mkdir(path.dirname(this.certFile(name)), { recursive: true });
    await writeFile(this.keyFile(name), key, { mode: 0o600 });
    await writeFile(this.certFile(name), cert);
  }
}

async function textOf(file: string): Promise<string | undefined> {
  return readFile(file, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw error;
  });
}
