import type { LeaderlessStore } from "../../leaderless/api.js";
import type { PathStyle } from "./asked.js";
import { HttpRefusal, refusalResponse, textResponse } from "./message.js";
import type { HttpHead, HttpReply, HttpRequest, HttpResponse } from "./message.js";
import { decoded, queryOf, segmentsOf } from "./path.js";
import { routes } from "./routes.js";
import type { Route } from "./routes.js";
import type { HttpSession } from "./session.js";

/**
 * Answers a request, at once or later. The returned function says that nobody waits any more. Never throws over what a client sends.
 * https://docs.riak.com/riak/kv/2.2.3/developing/api/http/
 */
export function serveHttp(request: HttpRequest, session: HttpSession, reply: HttpReply): () => void {
  const answering = new Answering(reply, request.method === "HEAD");
  const refusing = (act: () => void): void => {
    try {
      act();
    } catch (error) {
      if (!(error instanceof HttpRefusal)) throw error;
      answering.respond(refusalResponse(error));
    }
  };
  const store = { nodeName: session.store.nodeName, ask: askingWithin(refusing, session.store) };
  refusing(() => {
    answering.cancel = serve(request, { ...session, store }, answering);
  });
  return () => answering.abandon();
}

/** What answers lead to may be a refusal as well. */
function askingWithin(refusing: (act: () => void) => void, store: LeaderlessStore): LeaderlessStore["ask"] {
  return (request, answer) => store.ask(request, (said) => refusing(() => answer(said)));
}

function serve(request: HttpRequest, session: HttpSession, reply: HttpReply): (() => void) | undefined {
  const segments = segmentsOf(request.target);
  const route = routes.find(({ pattern }) => matches(pattern, segments));
  if (route === undefined) throw new HttpRefusal(404, "not found\n");
  const method = request.method === "HEAD" ? "GET" : request.method;
  const handler = route.handlers.get(method);
  if (handler === undefined) {
    const methods = [...route.handlers.keys()].flatMap((each) => (each === "GET" ? [each, "HEAD"] : [each]));
    reply.respond(textResponse(405, `${route.path} takes ${methods.join(", ")}\n`, [["Allow", methods.join(", ")]]));
    return undefined;
  }
  const query = queryOf(request.target);
  return handler({ request, session, query, style: styleOf(segments), ...partsOf(route, segments) }, reply);
}

/** An asterisk at the end stands for any number of parts. */
function matches(pattern: readonly string[], segments: readonly string[]): boolean {
  const isOpen = pattern.at(-1) === "*";
  const length = isOpen ? pattern.length - 1 : pattern.length;
  if (isOpen ? segments.length < length : segments.length !== length) return false;
  return pattern.slice(0, length).every((part, index) => part.startsWith(":") || part === segments[index]);
}

function partsOf({ pattern }: Route, segments: readonly string[]): { names: Record<string, string>; rest: string[] } {
  const named = pattern.flatMap((part, index) =>
    part.startsWith(":") ? [[part.slice(1), decoded(segments[index])] as const] : [],
  );
  const rest = pattern.at(-1) === "*" ? segments.slice(pattern.length - 1) : [];
  return { names: Object.fromEntries(named), rest };
}

function styleOf([first]: readonly string[]): PathStyle {
  return first === "types" || first === "riak" ? first : "buckets";
}

const noBytes = Buffer.alloc(0);

/** The request that is being answered. Whatever is said after its end, or after nobody waits any more, is not said. */
class Answering implements HttpReply {
  cancel: (() => void) | undefined;
  readonly #reply: HttpReply;
  readonly #isHead: boolean;
  #isOpen = true;

  constructor(reply: HttpReply, isHead: boolean) {
    this.#reply = reply;
    this.#isHead = isHead;
  }

  respond(response: HttpResponse): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    const { status, body } = response;
    const hasBody = status >= 200 && status !== 204 && status !== 304;
    const length = hasBody ? ([["Content-Length", String(body.length)]] as const) : [];
    const head = named(response);
    this.#reply.respond({ ...head, headers: [...head.headers, ...length], body: this.#isHead || !hasBody ? noBytes : body });
  }

  begin(head: HttpHead): void {
    if (!this.#isOpen) return;
    if (!this.#isHead) {
      this.#reply.begin(named(head));
      return;
    }
    this.#reply.respond({ ...named(head), body: noBytes });
    this.abandon();
  }

  piece(bytes: Uint8Array): void {
    if (this.#isOpen && bytes.length > 0) this.#reply.piece(bytes);
  }

  end(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#reply.end();
  }

  whenRoom(next: () => void): void {
    if (this.#isOpen) this.#reply.whenRoom(next);
  }

  abandon(): void {
    this.#isOpen = false;
    this.cancel?.();
  }
}

function named({ status, headers }: HttpHead): HttpHead {
  return { status, headers: [["Server", "devious"], ...headers] };
}
