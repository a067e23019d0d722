/** What is held of a member: that it lives, that somebody could not reach it, or that nobody could for the length of a suspicion. */
export type Liveness = "alive" | "suspect" | "dead";

/** News of a member, as it goes from one to the next on the messages of the protocol (SWIM §4.1). */
export interface Update {
  readonly member: string;
  readonly liveness: Liveness;
  /** The member's own number (§4.2): only it makes it larger, to say that it lives in spite of what was told of it. */
  readonly incarnation: number;
  /** Who found out. A suspicion that several share needs less time (Lifeguard's LHA-Suspicion). */
  readonly by: string;
}

interface Envelope {
  readonly from: string;
  readonly to: string;
  /** The sender's own. */
  readonly incarnation: number;
  readonly updates: readonly Update[];
}

export type SwimMessage = Envelope &
  (
    | { readonly type: "ping"; readonly sequence: number }
    /** Asks `to` to ping `target` and to tell of its answer under this sequence number. */
    | { readonly type: "pingReq"; readonly sequence: number; readonly target: string }
    /** `member` answered: the sender, or the target of a pingReq. */
    | { readonly type: "ack"; readonly sequence: number; readonly member: string; readonly memberIncarnation: number }
    /** The target of a pingReq has not answered yet: at least the way from and to the helper works (Lifeguard). */
    | { readonly type: "nack"; readonly sequence: number }
  );

/** How many updates one message carries at most, and so how many are taken from one. */
export const updatesMax = 8;

/** A message as it came from the network, or undefined where it is none. */
export function parseSwimMessage(value: unknown): SwimMessage | undefined {
  if (!isRecord(value)) return undefined;
  const { type, from, to, incarnation, updates, sequence } = value;
  if (!isName(from) || !isName(to) || !isCount(incarnation) || !isCount(sequence)) return undefined;
  if (!Array.isArray(updates) || updates.length > updatesMax || !updates.every(isUpdate)) return undefined;
  const common = { from, to, incarnation, updates: updates.map(updateOf), sequence };
  switch (type) {
    case "ping":
    case "nack":
      return { ...common, type };
    case "pingReq": {
      const { target } = value;
      return isName(target) ? { ...common, type, target } : undefined;
    }
    case "ack": {
      const { member, memberIncarnation } = value;
      return isName(member) && isCount(memberIncarnation) ? { ...common, type, member, memberIncarnation } : undefined;
    }
    default:
      return undefined;
  }
}

function updateOf({ member, liveness, incarnation, by }: Update): Update {
  return { member, liveness, incarnation, by };
}

function isUpdate(value: unknown): value is Update {
  if (!isRecord(value)) return false;
  const { member, liveness, incarnation, by } = value;
  return isName(member) && isName(by) && isCount(incarnation) && ["alive", "suspect", "dead"].includes(liveness as string);
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}

function isName(value: unknown): value is string {
  return typeof value === "string" && value.length > 0 && value.length <= 255;
}

/** Far enough below the largest safe number that counting on from it stays exact. */
function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0 && value <= 2 ** 52;
}
