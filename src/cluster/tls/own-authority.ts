import { X509Certificate, createPrivateKey } from "node:crypto";
import type { KeyPair, TlsFolder } from "../../workspace/tls-folder.js";
import { makeAuthority, makeCertificate } from "./certificate.js";

/** Renewed when it ends within so long. */
const leftMsMin = 30 * 24 * 60 * 60 * 1000;

/**
 * An authority that devious makes for one cluster, and its certificates: those that are kept and still good, else new ones, which are kept
 * from then on.
 */
export class OwnAuthority {
  readonly #folder: TlsFolder;
  readonly #subject: string;
  readonly #nowMs: number;
  #pair: Promise<KeyPair> | undefined;

  constructor(folder: TlsFolder, cluster: string, nowMs: number) {
    this.#folder = folder;
    this.#subject = `devious ${cluster}`;
    this.#nowMs = nowMs;
  }

  /** Its own certificate, PEM. */
  async cert(): Promise<string> {
    return (await this.#authority()).cert;
  }

  /** Good for all of these host names and addresses; kept as `file`. */
  async server(file: string, names: readonly string[]): Promise<KeyPair> {
    return this.#certificate(file, { subject: names[0] ?? "", purpose: "server", names });
  }

  /** For whoever comes as a client; kept as `file`. */
  async client(file: string): Promise<KeyPair> {
    return this.#certificate(file, { subject: "devious", purpose: "client", names: [] });
  }

  #authority(): Promise<KeyPair> {
    this.#pair ??= this.#keptOr(
      "ca",
      (kept) => kept.ca,
      () => makeAuthority(this.#subject, this.#nowMs),
    );
    return this.#pair;
  }

  async #certificate(file: string, asked: Parameters<typeof makeCertificate>[0]): Promise<KeyPair> {
    const authority = await this.#authority();
    const { publicKey } = new X509Certificate(authority.cert);
    const isGood = (kept: X509Certificate): boolean =>
      kept.verify(publicKey) && asked.names.every((name) => kept.checkHost(name) ?? kept.checkIP(name));
    return this.#keptOr(file, isGood, () => makeCertificate(asked, authority, this.#subject, this.#nowMs));
  }

  async #keptOr(file: string, isGood: (kept: X509Certificate) => boolean, make: () => KeyPair): Promise<KeyPair> {
    const kept = await this.#folder.read(file);
    if (kept !== undefined && this.#isUsable(kept, isGood)) return kept;
    const made = make();
    await this.#folder.keep(file, made);
    return made;
  }

  /** Whatever somebody did to the files: what does not serve is made anew. */
  #isUsable({ cert, key }: KeyPair, isGood: (kept: X509Certificate) => boolean): boolean {
    try {
      const kept = new X509Certificate(cert);
      if (Date.parse(kept.validTo) - this.#nowMs < leftMsMin || !kept.checkPrivateKey(createPrivateKey(key))) return false;
      return isGood(kept);
    } catch {
      return false;
    }
  }
}
