import type { GrpcError } from "../io/grpc.js";
import { etcdError } from "../wire/errors.js";
import type { Answers } from "./answering.js";

export interface OpenStreamsOptions {
  readonly hasLeader: () => boolean;
  /** How long a stream that needs a leader outlives the first look that finds none, in ms. */
  readonly patienceMs: number;
}

/**
 * All streams of a member that last until somebody ends them. The member ends them itself where it stops, and where it has no leader: only those
 * whose clients asked for that, by the metadata that etcd's clients send, so that they go on at another member.
 * https://github.com/etcd-io/etcd/blob/release-3.4/etcdserver/api/v3rpc/interceptor.go
 */
export class OpenStreams {
  readonly #options: OpenStreamsOptions;
  readonly #open = new Set<Answers<never>>();
  readonly #needLeader = new Set<Answers<never>>();
  /** Since when every look has found no leader. */
  #missedSinceMs: number | undefined;
  #stopped = false;

  constructor(options: OpenStreamsOptions) {
    this.#options = options;
  }

  /** Throws {@link GrpcError} where the stream must not be begun. */
  add(answers: Answers<never>): void {
    if (this.#stopped) throw etcdError("stopped");
    const needsLeader = answers.stream.call.metadata.get("hasleader") === "true";
    if (needsLeader && !this.#options.hasLeader()) throw etcdError("noLeader");
    this.#open.add(answers);
    if (needsLeader) this.#needLeader.add(answers);
    answers.onGone(() => {
      this.#open.delete(answers);
      this.#needLeader.delete(answers);
    });
  }

  /** To be called a few times a second. `nowMs` is monotonic. */
  tick(nowMs: number): void {
    if (this.#options.hasLeader()) {
      this.#missedSinceMs = undefined;
      return;
    }
    // not since the last look that found one: a member that was paused in between has had no time to hear of its leader
    this.#missedSinceMs ??= nowMs;
    if (nowMs - this.#missedSinceMs >= this.#options.patienceMs) endAll(this.#needLeader, etcdError("noLeader"));
  }

  /** Ends all streams, and begins no more. */
  stop(): void {
    this.#stopped = true;
    endAll(this.#open, etcdError("stopped"));
  }
}

function endAll(streams: ReadonlySet<Answers<never>>, why: GrpcError): void {
  for (const answers of streams) answers.fail(why);
}
