import { entryOf, Tokens } from "./auth/tokens.js";
import type { AuthStore } from "./auth/auth-store.js";
import type { Need } from "./auth/permissions.js";
import type { Principal } from "./entries/envelope.js";
import { Passwords, drawTokenPrefix } from "./passwords.js";
import type { Applied } from "./replica.js";
import type { Access, Caller } from "./rpc/access.js";
import type { ErrorName } from "./wire/errors.js";
import { etcdError } from "./wire/errors.js";

export interface AccessOptions {
  /** Users and roles as applied here by now. */
  readonly auth: () => AuthStore;
  /** Number of the entry applied last here. */
  readonly applied: () => number;
  /** Resolves once what was acknowledged before is applied here, or when a request would have taken too long. */
  readonly caughtUp: () => Promise<void>;
  /** Monotonic. */
  readonly nowMs: () => number;
}

/** So many passwords may wait to be hashed at once: what a crowd can make this member remember. */
const passwordsWaitingMax = 200;

/** Who calls, and what he may do, as this member knows. */
export class NodeAccess implements Access {
  readonly #options: AccessOptions;
  readonly #tokens = new Tokens();
  readonly #passwords = new Passwords();

  constructor(options: AccessOptions) {
    this.#options = options;
  }

  get auth(): AuthStore {
    return this.#options.auth();
  }

  heardOf({ metadata }: Caller): Promise<void> | undefined {
    const entry = entryOf(tokenIn(metadata) ?? "");
    // Given by another member, and this one lags behind: then it has the token's entry as soon as it has caught up. Or made up: then nobody has
    // to wait for the entry of that number.
    return entry === undefined || entry <= this.#options.applied() ? undefined : this.#options.caughtUp();
  }

  principalOf({ metadata }: Caller): Principal | undefined {
    const principal = this.#recognise(metadata);
    if (principal === "unknown") throw etcdError("invalidAuthToken");
    return principal;
  }

  whyNot({ metadata }: Caller, needs: () => readonly Need[]): ErrorName | undefined {
    const principal = this.#recognise(metadata);
    if (principal === "unknown") return "invalidAuthToken";
    return this.auth.enabled ? this.auth.whyNot(principal, needs()) : undefined;
  }

  whyNoAdmin({ metadata }: Caller): ErrorName | undefined {
    const principal = this.#recognise(metadata);
    return principal === "unknown" ? "invalidAuthToken" : this.auth.whyNoAdmin(principal);
  }

  hash(password: string): Promise<string> {
    this.#checkCrowd();
    return this.#passwords.hash(password);
  }

  fits(password: string, hash: string): Promise<boolean> {
    this.#checkCrowd();
    return this.#passwords.fits(password, hash);
  }

  drawPrefix(): string {
    return drawTokenPrefix();
  }

  tokenOf(prefix: string): string | undefined {
    return this.#tokens.whole(prefix);
  }

  /** The log entry of that number was applied here. */
  onApplied(entry: number, applied: Applied): void {
    if (applied.type !== "command") return;
    const { answer } = applied;
    switch (answer.type) {
      case "authenticate":
        this.#tokens.assign(answer.command.prefix, entry, answer.command.name, this.#options.nowMs());
        break;
      case "userDelete":
      case "userChangePassword":
        this.#tokens.endOf(answer.command.name);
        break;
      case "authDisable":
        this.#tokens.clear();
        break;
      default:
        break;
    }
  }

  /** A snapshot took the place of entries: what they said of users is not known. */
  onRestored(): void {
    this.#tokens.clear();
  }

  /** Undefined: nobody in particular. */
  #recognise(metadata: Caller["metadata"]): Principal | "unknown" | undefined {
    const token = tokenIn(metadata);
    if (token === undefined) return undefined;
    const user = this.#tokens.use(token, this.#options.nowMs());
    return user === undefined ? "unknown" : { user, authRevision: this.auth.revision };
  }

  #checkCrowd(): void {
    if (this.#passwords.waiting >= passwordsWaitingMax) throw etcdError("tooManyRequests");
  }
}

/** By the name that gRPC's clients use, or by that of HTTP, which the JSON gateway passes on. */
function tokenIn(metadata: Caller["metadata"]): string | undefined {
  return metadata.get("token") ?? metadata.get("authorization");
}
