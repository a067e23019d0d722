import { NodeAccess } from "../../../src/store/access.js";
import { AuthStore } from "../../../src/store/auth/auth-store.js";

/** Of a member that is behind nothing, at a time that stands still. */
export function accessOf(auth = new AuthStore()): NodeAccess {
  return new NodeAccess({ auth: () => auth, applied: () => Infinity, caughtUp: () => Promise.resolve(), nowMs: () => 0 });
}
