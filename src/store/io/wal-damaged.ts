/** The disk does not hold what was once durable there. A node must not start on it: it could vote twice or forget what it acknowledged. */
export class WalDamaged extends Error {
  override readonly name = "WalDamaged";
  readonly file: string;
  /** Byte in the file where the damage starts or is first noticed. */
  readonly offset: number;
  /** In words, without the place. */
  readonly what: string;

  constructor(file: string, offset: number, what: string, options?: ErrorOptions) {
    super(`${what} (${file}, byte ${offset})`, options);
    this.file = file;
    this.offset = offset;
    this.what = what;
  }
}
