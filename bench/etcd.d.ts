/** For tests; what each does is said in the program. */
export function startEtcd(
  binary: string,
  signal: AbortSignal | undefined,
  prefix: string,
): Promise<readonly { readonly container: string; readonly port: number }[]>;
export function removeEtcd(prefix: string): Promise<void>;
