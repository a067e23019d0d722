import { createHash } from "node:crypto";
import type { SnapshotSource } from "./snapshot-file.js";

/** etcd's clients tell by the length of a saved file whether it ends with a digest: what is before it fills whole sectors. */
const sectorBytes = 512;
const digestBytes = 32;

/** A snapshot file as it is saved outside the cluster: with zeros up to a whole sector, and the SHA-256 of all that behind it. */
export class SavedCopy {
  readonly byteLength: number;
  readonly #source: Pick<SnapshotSource, "byteLength" | "read" | "close">;
  readonly #hash = createHash("sha256");
  #next: "source" | "digest" | "nothing" = "source";

  constructor(source: Pick<SnapshotSource, "byteLength" | "read" | "close">) {
    this.#source = source;
    this.byteLength = source.byteLength + this.#paddingBytes() + digestBytes;
  }

  /** Its next bytes; undefined after the last. */
  async read(): Promise<Buffer | undefined> {
    if (this.#next === "source") {
      const bytes = await this.#source.read();
      if (bytes !== undefined) {
        this.#hash.update(bytes);
        return bytes;
      }
      this.#next = "digest";
    }
    if (this.#next === "nothing") return undefined;
    this.#next = "nothing";
    const padding = Buffer.alloc(this.#paddingBytes());
    return Buffer.concat([padding, this.#hash.update(padding).digest()]);
  }

  close(): Promise<void> {
    return this.#source.close();
  }

  #paddingBytes(): number {
    return -this.#source.byteLength & (sectorBytes - 1);
  }
}
