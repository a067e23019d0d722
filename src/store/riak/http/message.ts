/** A request as any HTTP server has it. */
export interface HttpRequest {
  readonly method: string;
  /** As it was sent: path and query. */
  readonly target: string;
  /** By name in lower case; those that came more than once are one, with commas. As text with one character a byte (latin1). */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: Buffer;
}

export interface HttpHead {
  readonly status: number;
  /** A name may come more than once. */
  readonly headers: readonly Header[];
}

export interface HttpResponse extends HttpHead {
  readonly body: Uint8Array;
}

/** Where one request is answered: with a whole response, or with its head and then any number of pieces of its body. */
export interface HttpReply {
  respond(response: HttpResponse): void;
  begin(head: HttpHead): void;
  piece(bytes: Uint8Array): void;
  end(): void;
  /** Calls `next` once the client has taken enough of what was said so far: at once, or later, or never. */
  whenRoom(next: () => void): void;
}

export type Header = readonly [name: string, value: string];

/** A request that cannot be understood, or is not allowed; the message is the answer's body. */
export class HttpRefusal extends Error {
  override readonly name = "HttpRefusal";

  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

export function textResponse(status: number, text: string, headers: readonly Header[] = []): HttpResponse {
  return { status, headers: [...headers, ["Content-Type", "text/plain"]], body: Buffer.from(text, "latin1") };
}

export function refusalResponse({ status, message }: HttpRefusal): HttpResponse {
  return textResponse(status, message);
}
