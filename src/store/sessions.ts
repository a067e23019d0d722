import type { RequestId } from "./entries/envelope.js";
import type { MemberId } from "./raft/types.js";

/**
 * An origin has no more writes than this between its lowest open one and its newest: what bounds the memory of a session, so entries
 * that reach beyond are dropped.
 */
export const sessionWindow = 16_384;

/** What the state knows of the writes of one member's process. */
interface Session {
  readonly incarnation: number;
  /** Everything lower is applied, or given up by its origin. */
  next: number;
  /** Applied ones above `next`: empty while nothing overtakes anything. */
  readonly ahead: Set<number>;
}

/**
 * new: to be applied, now and never again · repeat: it was applied before, or given up by its origin before it came here ·
 * outlived: it comes from an earlier process of its origin; none of those is ever applied again.
 */
export type Admission = "new" | "repeat" | "outlived";

/** Sessions as they stand in a snapshot. */
export type SessionsPart = readonly (readonly [origin: MemberId, incarnation: number, next: number, ahead: readonly number[]])[];

/**
 * Which requests were applied, of each member that takes some: part of the replicated state, so that all agree on which entry of the log is a repeat
 * of an earlier one (thesis §6.3). One session for each member there ever was, since numbers of members are not used again.
 */
export class Sessions {
  readonly #sessions = new Map<MemberId, Session>();

  /** Counts an entry of the log in. `floor`: see `Envelope`. */
  admit({ origin, incarnation, seq }: RequestId, floor: number): Admission {
    let session = this.#sessions.get(origin);
    if (session === undefined || session.incarnation < incarnation) {
      session = { incarnation, next: floor, ahead: new Set() };
      this.#sessions.set(origin, session);
    } else if (session.incarnation > incarnation) {
      return "outlived";
    }
    if (floor > session.next) giveUpBelow(session, floor);
    const { next, ahead } = session;
    if (seq < next || ahead.has(seq) || seq >= next + sessionWindow) return "repeat";
    if (seq === next) advance(session, next + 1);
    else ahead.add(seq);
    return "new";
  }

  /** Whether the request's fate lies behind the state: it was applied, or never will be. */
  isPast({ origin, incarnation, seq }: RequestId): boolean {
    const session = this.#sessions.get(origin);
    if (session === undefined || session.incarnation < incarnation) return false;
    return session.incarnation > incarnation || seq < session.next || session.ahead.has(seq);
  }

  /** The newest process of that member that the state has heard of; 0: of none. */
  incarnationOf(origin: MemberId): number {
    return this.#sessions.get(origin)?.incarnation ?? 0;
  }

  /** Equal for equal states. */
  part(): SessionsPart {
    return [...this.#sessions]
      .map(([origin, { incarnation, next, ahead }]) => [origin, incarnation, next, [...ahead].sort((a, b) => a - b)] as const)
      .sort(([a], [b]) => a - b);
  }

  static restore(json: SessionsPart): Sessions {
    const sessions = new Sessions();
    for (const [origin, incarnation, next, ahead] of json) {
      sessions.#sessions.set(origin, { incarnation, next, ahead: new Set(ahead) });
    }
    return sessions;
  }
}

function giveUpBelow(session: Session, floor: number): void {
  for (const seq of session.ahead) if (seq < floor) session.ahead.delete(seq);
  advance(session, floor);
}

/** Everything below `next` is past, and perhaps some that follow it are, too. */
function advance(session: Session, next: number): void {
  while (session.ahead.delete(next)) next++;
  session.next = next;
}
