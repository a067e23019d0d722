import type { AuthStore } from "../auth/auth-store.js";
import type { Need } from "../auth/permissions.js";
import type { Principal } from "../entries/envelope.js";
import type { GrpcCall } from "../io/grpc.js";
import type { ErrorName } from "../wire/errors.js";

/** Whoever made a call: its metadata may hold a token. */
export type Caller = Pick<GrpcCall, "metadata">;

/** Who calls, and what he may do, as this member knows. */
export interface Access {
  /** Users and roles as applied here. */
  readonly auth: AuthStore;
  /** Resolves once this member has applied what the caller's token came with; undefined: it has. */
  heardOf(caller: Caller): Promise<void> | undefined;
  /** Undefined: the caller shows no token. Throws where he shows one that is not, or no longer, known. */
  principalOf(caller: Caller): Principal | undefined;
  /** Why the caller may not do all of that now; undefined: nothing is in the way. `needs` is asked only where it matters. */
  whyNot(caller: Caller, needs: () => readonly Need[]): ErrorName | undefined;
  /** Why the caller may not do what only the role root may; undefined: nothing is in the way. */
  whyNoAdmin(caller: Caller): ErrorName | undefined;
  /** A hash of a password, never the same twice. */
  hash(password: string): Promise<string>;
  fits(password: string, hash: string): Promise<boolean>;
  /** What nobody can guess of a new token. */
  drawPrefix(): string;
  /** The token that begins so, once the entry that gave it was applied here. */
  tokenOf(prefix: string): string | undefined;
}
