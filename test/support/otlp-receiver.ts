/** A receiver of OpenTelemetry logs over HTTP that knows the protocol from its reference schema only, and answers as it is told to. */
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { gunzipSync } from "node:zlib";
import root from "otlp-reference-schema/build/src/generated/root.js";

/** What of protobufjs' generated code this needs. */
interface Message {
  decode(bytes: Uint8Array): unknown;
  encode(message: unknown): { finish(): Uint8Array };
}
interface AnyValue {
  readonly stringValue?: string;
  readonly boolValue?: boolean;
  readonly intValue?: { toString(): string };
  readonly doubleValue?: number;
  readonly arrayValue?: { readonly values: readonly AnyValue[] };
  readonly kvlistValue?: { readonly values: readonly KeyValue[] };
}
interface KeyValue {
  readonly key: string;
  readonly value?: AnyValue | null;
}
interface LogRecordMessage {
  readonly timeUnixNano: { toString(): string };
  readonly observedTimeUnixNano: { toString(): string };
  readonly severityNumber: number;
  readonly severityText: string;
  readonly body: AnyValue;
  readonly eventName: string | null;
  readonly attributes: readonly KeyValue[];
}
interface ExportLogs {
  readonly resourceLogs: readonly {
    readonly resource: { readonly attributes: readonly KeyValue[] };
    readonly scopeLogs: readonly { readonly logRecords: readonly LogRecordMessage[] }[];
  }[];
}

const { ExportLogsServiceRequest: exportLogs, ExportLogsServiceResponse: exportLogsResponse } = (
  root as unknown as {
    opentelemetry: { proto: { collector: { logs: { v1: Readonly<Record<string, Message>> } } } };
  }
).opentelemetry.proto.collector.logs.v1 as { ExportLogsServiceRequest: Message; ExportLogsServiceResponse: Message };

export interface Received {
  /** Nanoseconds since 1970, in decimal. */
  readonly time: string;
  readonly observed: string;
  readonly severity: readonly [number, string];
  readonly body: unknown;
  readonly eventName: string;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly resource: Readonly<Record<string, unknown>>;
}

export function decodeLogs(bytes: Uint8Array): readonly Received[] {
  const { resourceLogs } = exportLogs.decode(bytes) as ExportLogs;
  return resourceLogs.flatMap(({ resource, scopeLogs }) =>
    scopeLogs.flatMap(({ logRecords }) =>
      logRecords.map((record) => ({
        time: String(record.timeUnixNano),
        observed: String(record.observedTimeUnixNano),
        severity: [record.severityNumber, record.severityText] as const,
        body: valueOf(record.body),
        eventName: record.eventName ?? "",
        attributes: objectOf(record.attributes),
        resource: objectOf(resource.attributes),
      })),
    ),
  );
}

/** Whole numbers are bigints where a number has not all of their digits; an empty value is null. */
function valueOf(value: AnyValue | null | undefined): unknown {
  if (value === null || value === undefined) return null;
  if (value.kvlistValue !== undefined && value.kvlistValue !== null) return objectOf(value.kvlistValue.values);
  if (value.arrayValue !== undefined && value.arrayValue !== null) return value.arrayValue.values.map(valueOf);
  if (value.intValue !== undefined && value.intValue !== null) {
    const whole = BigInt(String(value.intValue));
    return Number.isSafeInteger(Number(whole)) ? Number(whole) : whole;
  }
  return value.stringValue ?? value.boolValue ?? value.doubleValue ?? null;
}

function objectOf(pairs: readonly KeyValue[]): Record<string, unknown> {
  return Object.fromEntries(pairs.map(({ key, value }) => [key, valueOf(value)]));
}

/** How a request is answered: with a status, or by breaking the connection. Of a 200, so many records are rejected. */
export interface Answer {
  readonly status: number | "reset";
  readonly headers?: Readonly<Record<string, string>>;
  readonly rejected?: number;
  readonly message?: string;
  readonly afterMs?: number;
}

export interface LogRequest {
  readonly path: string;
  readonly headers: IncomingMessage["headers"];
  readonly records: readonly Received[];
}

export class OtlpReceiver {
  readonly #server: Server;
  /** Its base URL, on this machine. */
  url = "";
  /** Every request that was whole, however it was answered. */
  readonly requests: LogRequest[] = [];
  /** What was answered with 200. */
  readonly taken: Received[] = [];
  /** Decides what the next request is answered that is not refused. */
  answer: (request: LogRequest) => Answer = () => ({ status: 200 });
  #refusal: { readonly answer: Answer; left: number } | undefined;

  private constructor() {
    this.#server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.on("end", () => {
        if (request.method === "GET") {
          response.end(JSON.stringify(this.taken));
          return;
        }
        const received = {
          path: request.url ?? "",
          headers: request.headers,
          records: decodeLogs(gunzipSync(Buffer.concat(chunks))),
        };
        this.requests.push(received);
        const answer = this.#answerTo(received);
        if (answer.status === 200) this.taken.push(...received.records);
        setTimeout(() => {
          if (answer.status === "reset") return response.destroy();
          response.writeHead(answer.status, answer.headers);
          return response.end(answer.status === 200 ? responseOf(answer) : answer.message);
        }, answer.afterMs ?? 0);
      });
    });
  }

  /** `port`: any unless given. */
  static async listen(port = 0, host = "127.0.0.1"): Promise<OtlpReceiver> {
    const receiver = new OtlpReceiver();
    await new Promise<void>((resolve, reject) => {
      receiver.#server.once("error", reject);
      receiver.#server.listen(port, host, resolve);
    });
    receiver.url = `http://127.0.0.1:${(receiver.#server.address() as AddressInfo).port}`;
    return receiver;
  }

  /** Takes none of the next requests, of all to come unless told how many. */
  refuse(answer: Answer = { status: 503 }, times = Infinity): void {
    this.#refusal = { answer, left: times };
  }

  /** No longer refuses. */
  accept(): void {
    this.#refusal = undefined;
  }

  /** Whether the next request will not be taken, be it that nobody listens. */
  get refuses(): boolean {
    return !this.#server.listening || this.#refusal !== undefined;
  }

  #answerTo(request: LogRequest): Answer {
    if (this.#refusal === undefined) return this.answer(request);
    const { answer } = this.#refusal;
    this.#refusal.left -= 1;
    if (this.#refusal.left === 0) this.accept();
    return answer;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

function responseOf({ rejected = 0, message = "" }: Answer): Uint8Array {
  const partialSuccess = { rejectedLogRecords: rejected, errorMessage: message };
  return exportLogsResponse.encode(rejected === 0 && message === "" ? {} : { partialSuccess }).finish();
}
