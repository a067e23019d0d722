import { randomBytes, randomInt, scrypt, timingSafeEqual } from "node:crypto";

/** https://www.rfc-editor.org/rfc/rfc7914: some 50 ms and 16 MiB for each. */
const cost = { N: 2 ** 14, r: 8, p: 1 } as const;
const saltBytes = 16;
const keyBytes = 32;
const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
const prefixLetters = 16;

/**
 * Hashes of passwords, by one at a time: they are made on the threads that also write the log, and a crowd that logs in must not hold up
 * the disk.
 */
export class Passwords {
  #last: Promise<unknown> = Promise.resolve();
  #waiting = 0;

  /** How many hashes are waited for. */
  get waiting(): number {
    return this.#waiting;
  }

  /** `scrypt`, N, r, p, salt and hash in base64, with `$` between them. */
  async hash(password: string): Promise<string> {
    const salt = randomBytes(saltBytes);
    const key = await this.#derive(password, salt, keyBytes, cost);
    return ["scrypt", cost.N, cost.r, cost.p, salt.toString("base64"), key.toString("base64")].join("$");
  }

  /** @param hash of {@link hash}; another form fits no password. */
  async fits(password: string, hash: string): Promise<boolean> {
    const [scheme, N, r, p, salt, key] = hash.split("$");
    if (scheme !== "scrypt" || salt === undefined || key === undefined) return false;
    const expected = Buffer.from(key, "base64");
    const options = { N: Number(N), r: Number(r), p: Number(p) };
    return timingSafeEqual(await this.#derive(password, Buffer.from(salt, "base64"), expected.length, options), expected);
  }

  #derive(password: string, salt: Buffer, length: number, options: { N: number; r: number; p: number }): Promise<Buffer> {
    this.#waiting++;
    const derive = (): Promise<Buffer> =>
      new Promise((resolve, reject) => {
        scrypt(password, salt, length, options, (error, key) => {
          this.#waiting--;
          if (error === null) resolve(key);
          else reject(error);
        });
      });
    const derived = this.#last.then(derive);
    this.#last = derived.catch(() => {});
    return derived;
  }
}

/** What nobody can guess of a token. */
export function drawTokenPrefix(): string {
  return Array.from({ length: prefixLetters }, () => letters[randomInt(letters.length)]).join("");
}
