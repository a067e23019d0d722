/** Sends one batch of records over OTLP/HTTP, with OpenTelemetry's own exporter, and says in plain words what came of it. */
import { OTLPExporterBase, OTLPExporterError } from "@opentelemetry/otlp-exporter-base";
import { createOtlpHttpExportDelegate, httpAgentFactoryFromOptions } from "@opentelemetry/otlp-exporter-base/node-http";
import {
  type IExportLogsPartialSuccess,
  type IExportLogsServiceResponse,
  type ISerializer,
  LogsExporterMetricsHelper,
  ProtobufLogsSerializer,
} from "@opentelemetry/otlp-transformer";
import type { ReadableLogRecord } from "@opentelemetry/sdk-logs";
import { messageOf } from "../core/errors.js";

export type Outcome =
  /** The receiver has them, but for `rejected` of them (OTLP, "Partial Success"). */
  | { readonly kind: "taken"; readonly rejected: number; readonly why: string }
  /** It will never take them: they are bad data to it. */
  | { readonly kind: "refused"; readonly why: string }
  /** Fewer at once may do. */
  | { readonly kind: "too-large"; readonly why: string }
  /** It is away, busy, or wants other credentials. */
  | { readonly kind: "not-now"; readonly why: string };

export interface Sender {
  send(records: readonly ReadableLogRecord[]): Promise<Outcome>;
}

export interface SenderOptions {
  /** The whole URL, as `logsUrl` gives it. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** How long a receiver may be silent, and the exporter itself may try again as the receiver asks (`Retry-After`); 10 s unless given. */
  readonly timeoutMs?: number | undefined;
}

export function createSender({ url, headers, timeoutMs = 10_000 }: SenderOptions): Sender {
  let partial: IExportLogsPartialSuccess | undefined;
  // the exporter itself only logs what was rejected
  const serializer: ISerializer<ReadableLogRecord[], IExportLogsServiceResponse> = {
    serializeRequest: (records) => ProtobufLogsSerializer.serializeRequest(records),
    deserializeResponse: (bytes) => {
      const response = ProtobufLogsSerializer.deserializeResponse(bytes);
      partial = response.partialSuccess;
      return response;
    },
  };
  const configuration = {
    url,
    headers: () => Promise.resolve({ ...headers, "Content-Type": "application/x-protobuf" }),
    timeoutMillis: timeoutMs,
    concurrencyLimit: 1,
    compression: "gzip" as const,
    agentFactory: httpAgentFactoryFromOptions({ keepAlive: true }),
    userAgent: "devious",
  };
  const delegate = createOtlpHttpExportDelegate(
    configuration,
    serializer,
    "otlp_http_log_exporter",
    LogsExporterMetricsHelper,
    undefined,
  );
  const exporter = new OTLPExporterBase(delegate);
  return {
    async send(records) {
      partial = undefined;
      const error = await exported(exporter, records);
      if (error !== undefined) return outcomeOf(error);
      const { rejectedLogRecords: rejected = 0, errorMessage = "" } = partial ?? {};
      return { kind: "taken", rejected: Number(rejected), why: errorMessage };
    },
  };
}

/** Why it was not; undefined where it was. */
function exported(
  exporter: OTLPExporterBase<ReadableLogRecord[]>,
  records: readonly ReadableLogRecord[],
): Promise<Error | undefined> {
  return new Promise((resolve) => {
    exporter.export([...records], ({ code, error }) =>
      resolve(code === exportedCode ? undefined : (error ?? new Error("it failed without a word"))),
    );
  });
}

/** `ExportResultCode.SUCCESS` of @opentelemetry/core. */
const exportedCode = 0;

function outcomeOf(error: Error): Outcome {
  if (!(error instanceof OTLPExporterError)) return { kind: "not-now", why: wordsOf(error) };
  const { code, message, data = "" } = error;
  // the exporter does not tell which: 429, 502, 503 or 504
  if (code === undefined) return { kind: "not-now", why: "it asks to be tried again later" };
  const why = [`${code} ${message}`.trim(), printable(data)].filter((part) => part !== "").join(": ");
  if (code === 400) return { kind: "refused", why };
  return { kind: code === 413 ? "too-large" : "not-now", why };
}

/** Of a host with several addresses, the error of all of them has no message. */
function wordsOf(error: NodeJS.ErrnoException): string {
  const said = messageOf(error);
  return said === "" ? (error.code ?? error.name) : said;
}

/** What of an answer can be read: it is a protobuf message, JSON, or a page. */
function printable(text: string): string {
  return text
    .replace(/[^ -~]+/g, " ")
    .trim()
    .slice(0, 200);
}
