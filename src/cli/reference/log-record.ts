import type { FormatName } from "../../core/log-format.js";
import { code, page, table } from "./markdown.js";

/** The part of JSON Schema that a record's uses. */
interface Schema {
  readonly properties?: Readonly<
    Record<string, { readonly type?: string; readonly enum?: readonly string[]; readonly description?: string }>
  >;
  readonly required?: readonly string[];
}

/** Whose lines each format is, an example of one, and what becomes fields. */
const understood: Readonly<Record<Exclude<FormatName, "auto">, readonly [who: string, example: string, fields: string]>> = {
  json: [
    "pino, bunyan, winston, zap, etcd, zerolog, slog, structlog, python-json-logger, log4j2, logback, ECS, Serilog, .NET, hclog, MongoDB; one object a line",
    '{"level":"warn","msg":"slow","ms":7}',
    "every key but those of level, message and event; inside `log.level` and `event.action` too",
  ],
  logfmt: ["logrus, go-kit, slog; nothing but pairs, one of them a level or a message", "level=warn msg=slow ms=7", "the same"],
  log4j: [
    "log4j, logback, Spring Boot, Kafka, ZooKeeper, Cassandra, Python's logging, hclog, NATS, RabbitMQ, Rust's env_logger and tracing: a time, a level, a message",
    "2026-11-21 10:00:00,123 WARN [main] a.b.C: slow",
    "thread, logger, pid, app, caller, context, where the layout says which is which",
  ],
  syslog: [
    "RFC 3164, RFC 5424, sd-daemon",
    "<12>Nov 21 10:00:00 host app[7]: slow",
    "host, app, pid; each element of structured data",
  ],
  klog: ["Kubernetes and others in Go", "W1121 10:00:00.123456 1 a.go:7] slow", "thread, caller; pairs after a quoted message"],
  capnslog: ["etcd before 3.5", "2026-11-21 10:00:00.123456 W | raft: slow", "package"],
  nginx: [
    "nginx and Apache: access logs (4xx is warn, 5xx error) and nginx's error log",
    '::1 - - [21/Nov/2026:10:00:00 +0000] "GET / HTTP/1.1" 502 157',
    "client, user, status, bytes, referer, userAgent, forwardedFor; pid, tid, connection, and what nginx was doing for whom",
  ],
  postgres: ["PostgreSQL", "2026-11-21 10:00:00.123 UTC [7] LOG:  slow", "pid, user, database"],
  redis: ["Redis, Valkey", "7:M 21 Nov 2026 10:00:00.123 # slow", "pid, role"],
  text: [
    "everything else",
    "slow disk",
    "none; the level is `info` unless the text speaks one out, as `ERROR`, `[warn]` or `panic:`",
  ],
};

/** Every key and flag of a log record, from its JSON Schema, and what lines are understood. */
export function logRecordPage(schema: Schema): string {
  const keys = Object.entries(schema.properties ?? {}).map(([key, { type, enum: words, description = "" }]) => [
    code(key),
    words === undefined ? (type ?? "") : words.map(code).join(", "),
    `${description}${schema.required?.includes(key) === true ? "" : " May be absent."}`,
  ]);
  const formats = Object.entries(understood).map(([name, [who, example, fields]]) => [code(name), who, code(example), fields]);
  return page(
    "# Log records",
    "Everything that `devious logs` shows, `--json` prints and an archive holds is a record: one JSON object a line, of whatever program. `schema/log-record.schema.json` says the same to programs.",
    table(["key", "value", "what"], keys),
    "Levels, from the least: `trace`, `debug`, `info`, `warn`, `error`, `fatal`. Names of other loggers are put in their place (`notice` is `info`, `critical` is `fatal`), and so are the numbers of pino and bunyan (10 to 60) and of syslog (0 to 7).",
    "## What lines are understood",
    "Which format a line is of is found out line by line, and `logs` in the [spec](spec.md) says it where that fails. A line of JSON whose keys nobody knows is a record of fields without a message.",
    table(["format", "whose", "such as", "fields"], formats),
    "A time that the program wrote is left out where the format knows it for one, because `ts` says it; of JSON and logfmt it stays a field, unless the line is of the bundled store or the spec names its key. Values of text are numbers in `fields` where they are written as JSON writes numbers. `devious logs --raw` shows what a node wrote as it was written.",
    "## Stack traces",
    "A stack trace is part of the record it belongs to, however many lines it has: those of Java, Python, Node, Go, Rust, Ruby, PHP and .NET are known. A line of JSON, or with a time or a level of its own, always begins another record.",
  );
}
