import type { Link, ObjectName, ReadObject } from "../../leaderless/api.js";
import { gatheredBytesMax, walkedMax, walkStepsMax } from "../limits.js";
import { objectIn } from "./asked.js";
import type { Asked, Handler } from "./asked.js";
import { siblingHeaders } from "./content-headers.js";
import { failureResponse } from "./failures.js";
import { HttpRefusal, textResponse } from "./message.js";
import type { HttpReply, HttpResponse } from "./message.js";
import { multipart } from "./multipart.js";
import type { Part } from "./multipart.js";
import { notFound, vclockHeader } from "./object-answers.js";
import { decoded, keyPath } from "./path.js";

/**
 * Follows links, step by step: each step says of which bucket and with which tag (`_` is any), and whether what it finds is part of the answer. Riak
 * has long called it deprecated, and has it. https://docs.riak.com/riak/kv/2.2.3/developing/api/http/link-walking/
 */
export const walkLinks: Handler = (asked, reply) => {
  const walk = new Walk(asked, reply, stepsOf(asked.rest));
  walk.begin();
  return () => walk.abandon();
};

interface Step {
  /** Undefined: any. */
  readonly bucket: string | undefined;
  readonly tag: string | undefined;
  readonly isShown: boolean;
}

/** Throws {@link HttpRefusal}. */
function stepsOf(segments: readonly string[]): Step[] {
  if (segments.length > walkStepsMax) throw new HttpRefusal(400, `A walk takes ${walkStepsMax} steps at most\n`);
  return segments.map((segment, index) => {
    const [bucket, tag, shown, ...others] = segment.split(",");
    if (bucket === undefined || tag === undefined || shown === undefined || others.length > 0) throw new HttpRefusal(400, howTo);
    const isLast = index === segments.length - 1;
    const isShown = shown === "1" || (isLast && (shown !== "0" || segments.length === 1));
    return { bucket: bucket === "_" ? undefined : decoded(bucket), tag: tag === "_" ? undefined : decoded(tag), isShown };
  });
}

const howTo =
  "Invalid link walk query submitted. Valid link walk query format is: /riak/some_bucket/some_key/<bucket>,<riaktag>,0|1/...\n";

interface Found {
  readonly name: ObjectName;
  readonly object: ReadObject;
}

/** One walk: reads an object at a time. */
class Walk {
  readonly #asked: Asked;
  readonly #reply: HttpReply;
  readonly #steps: readonly Step[];
  /** Of each step that is part of the answer. */
  readonly #shown: (readonly Found[])[] = [];
  #left = walkedMax;
  #bytes = 0;
  #cancel: () => void = () => {};

  constructor(asked: Asked, reply: HttpReply, steps: readonly Step[]) {
    this.#asked = asked;
    this.#reply = reply;
    this.#steps = steps;
  }

  begin(): void {
    const name = objectIn(this.#asked);
    this.#read([name], [], (found) => {
      if (found.length === 0) this.#reply.respond(notFound(undefined));
      else this.#take(0, found);
    });
  }

  abandon(): void {
    this.#cancel();
  }

  #take(index: number, from: readonly Found[]): void {
    const step = this.#steps[index];
    if (step === undefined) {
      this.#reply.respond(this.#answer());
      return;
    }
    const names = new Map(
      from.flatMap((found) => linkedFrom(found, step)).map((name) => [keyPath(name, name.key, "types"), name]),
    );
    this.#read([...names.values()], [], (found) => {
      if (step.isShown) this.#shown.push(found);
      this.#take(index + 1, found);
    });
  }

  /** Adds to `found` those that are there. */
  #read([name, ...others]: readonly ObjectName[], found: readonly Found[], done: (found: readonly Found[]) => void): void {
    if (name === undefined) return done(found);
    if (this.#left-- === 0) {
      this.#reply.respond(textResponse(400, `More than ${walkedMax} objects are linked\n`));
      return;
    }
    this.#cancel = this.#asked.session.store.ask({ type: "get", name, options: {} }, (answer) => {
      if (!answer.ok) {
        this.#reply.respond(failureResponse(answer.failure));
        return;
      }
      const { value } = answer;
      if (value.siblings === "notfound") return this.#read(others, found, done);
      for (const sibling of value.siblings) this.#bytes += sibling.value.length;
      if (this.#bytes > gatheredBytesMax)
        this.#reply.respond(textResponse(400, `The linked objects have more than ${gatheredBytesMax} bytes\n`));
      else this.#read(others, [...found, { name, object: value }], done);
    });
  }

  #answer(): HttpResponse {
    const { newKey } = this.#asked.session;
    const steps = this.#shown.map((found) => {
      const { contentType, body } = multipart(
        found.map((each) => this.#part(each)),
        newKey(),
      );
      return { headers: [["Content-Type", contentType]], body } as const;
    });
    const { contentType, body } = multipart(steps, newKey());
    return { status: 200, headers: [["Content-Type", contentType]], body };
  }

  /** An object with siblings is one of them, and says which others there are. */
  #part({ name, object: { context, siblings } }: Found): Part {
    const { style } = this.#asked;
    const [one, ...others] = siblings as readonly [ReadObject["siblings"][number], ...ReadObject["siblings"]];
    const path = keyPath(name, name.key, style);
    const location = others.length === 0 ? path : `${path}?vtag=${one.vtag}`;
    const tags = others.length === 0 ? [] : [["X-Riak-Sibling-VTags", others.map(({ vtag }) => vtag).join(",")] as const];
    const headers = [vclockHeader(context), ["Location", location] as const, ...tags, ...siblingHeaders(one, name, style)];
    return { headers, body: one.value };
  }
}

/** Links stay within a bucket type. */
function linkedFrom({ name, object }: Found, { bucket, tag }: Step): ObjectName[] {
  const isFollowed = (link: Link): boolean =>
    (bucket === undefined || link.bucket === bucket) && (tag === undefined || link.tag === tag);
  const links = object.siblings.flatMap((sibling) => sibling.links.filter(isFollowed));
  return links.map((link) => ({ type: name.type, bucket: link.bucket, key: link.key }));
}
