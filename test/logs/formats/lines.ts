import type { FormatName } from "../../../src/core/log-format.js";
import type { Said } from "../../../src/logs/parse.js";

/** Lines as programs write them, one of each kind, and what is to be understood of them. */
interface Recorded {
  readonly who: string;
  /** The one format that reads it; `text` where none does. */
  readonly format: FormatName;
  readonly line: string;
  readonly said: Said;
}

function said(level: Said["level"], msg: string, fields: Said["fields"] = {}, event = ""): Said {
  return { level, event, msg, fields };
}

export const recorded: readonly Recorded[] = [
  {
    who: "our own store",
    format: "json",
    line: '{"ts":"2026-11-21T01:59:26.643Z","level":"warn","node":"n1","event":"leader-lost","msg":"lost the leader","term":3,"peer":"n2"}',
    said: said("warn", "lost the leader", { term: 3, peer: "n2" }, "leader-lost"),
  },
  {
    who: "pino",
    format: "json",
    line: '{"level":50,"time":1795226366643,"pid":7,"hostname":"api-1","reqId":"req-1","msg":"boom","err":{"type":"Error","message":"x"}}',
    said: said("error", "boom", {
      time: 1795226366643,
      pid: 7,
      hostname: "api-1",
      reqId: "req-1",
      err: { type: "Error", message: "x" },
    }),
  },
  {
    who: "bunyan",
    format: "json",
    line: '{"name":"shop","hostname":"api-1","pid":7,"level":60,"msg":"gone","time":"2026-11-21T01:59:26.643Z","v":0}',
    said: said("fatal", "gone", { name: "shop", hostname: "api-1", pid: 7, time: "2026-11-21T01:59:26.643Z", v: 0 }),
  },
  {
    who: "winston",
    format: "json",
    line: '{"ip":"::1","level":"verbose","message":"hi","timestamp":"2026-11-21T01:59:26.643Z"}',
    said: said("debug", "hi", { ip: "::1", timestamp: "2026-11-21T01:59:26.643Z" }),
  },
  {
    who: "zap",
    format: "json",
    line: '{"level":"dpanic","ts":1795226366.643,"logger":"db","caller":"db/pool.go:12","msg":"no connection","stacktrace":"main.main"}',
    said: said("fatal", "no connection", { ts: 1795226366.643, logger: "db", caller: "db/pool.go:12", stacktrace: "main.main" }),
  },
  {
    who: "etcd",
    format: "json",
    line: '{"level":"warn","ts":"2026-11-21T01:59:26.643171Z","caller":"txn/util.go:93","msg":"apply request took too long","took":"102.3ms"}',
    said: said("warn", "apply request took too long", {
      ts: "2026-11-21T01:59:26.643171Z",
      caller: "txn/util.go:93",
      took: "102.3ms",
    }),
  },
  {
    who: "zerolog",
    format: "json",
    line: '{"level":"info","component":"raft","time":"2026-11-21T01:59:26Z","message":"started"}',
    said: said("info", "started", { component: "raft", time: "2026-11-21T01:59:26Z" }),
  },
  {
    who: "slog",
    format: "json",
    line: '{"time":"2026-11-21T01:59:26.643171743Z","level":"ERROR","msg":"no","err":"EOF"}',
    said: said("error", "no", { time: "2026-11-21T01:59:26.643171743Z", err: "EOF" }),
  },
  {
    who: "structlog",
    format: "json",
    line: '{"user":"ann","event":"user in","level":"warning","timestamp":"2026-11-21T01:59:26.643171Z"}',
    said: said("warn", "user in", { user: "ann", timestamp: "2026-11-21T01:59:26.643171Z" }),
  },
  {
    who: "python-json-logger",
    format: "json",
    line: '{"asctime":"2026-11-21 01:59:26,643","levelname":"CRITICAL","message":"m"}',
    said: said("fatal", "m", { asctime: "2026-11-21 01:59:26,643" }),
  },
  {
    who: "log4j2 JsonLayout",
    format: "json",
    line: '{"instant":{"epochSecond":1795226366,"nanoOfSecond":643000000},"thread":"main","level":"WARN","loggerName":"a.B","message":"slow","endOfBatch":false,"threadId":1}',
    said: said("warn", "slow", {
      instant: { epochSecond: 1795226366, nanoOfSecond: 643000000 },
      thread: "main",
      loggerName: "a.B",
      endOfBatch: false,
      threadId: 1,
    }),
  },
  {
    who: "ECS layout",
    format: "json",
    line: '{"@timestamp":"2026-11-21T01:59:26.643Z","log.level":"ERROR","message":"m","ecs.version":"1.2.0","event.action":"login","service.name":"shop"}',
    said: said(
      "error",
      "m",
      { "@timestamp": "2026-11-21T01:59:26.643Z", "ecs.version": "1.2.0", "service.name": "shop" },
      "login",
    ),
  },
  {
    who: "ECS, nested",
    format: "json",
    line: '{"@timestamp":"2026-11-21T01:59:26.643Z","log":{"level":"warn","logger":"x"},"event":{"action":"login"},"message":"m"}',
    said: said("warn", "m", { "@timestamp": "2026-11-21T01:59:26.643Z", log: { logger: "x" } }, "login"),
  },
  {
    who: "Serilog CLEF",
    format: "json",
    line: '{"@t":"2026-11-21T01:59:26.6431717Z","@mt":"{Count:n0} items for {User}, {{}}","@l":"Warning","Count":3,"User":"ann"}',
    said: said("warn", "3 items for ann, {}", {
      "@t": "2026-11-21T01:59:26.6431717Z",
      Count: 3,
      User: "ann",
      "@mt": "{Count:n0} items for {User}, {{}}",
    }),
  },
  {
    who: "Serilog CLEF, rendered",
    format: "json",
    line: '{"@t":"2026-11-21T01:59:26.6431717Z","@m":"Hello","@i":"a1b2c3d4"}',
    said: said("info", "Hello", { "@t": "2026-11-21T01:59:26.6431717Z" }, "a1b2c3d4"),
  },
  {
    who: ".NET",
    format: "json",
    line: '{"EventId":14,"LogLevel":"Information","Category":"Host","Message":"Now listening"}',
    said: said("info", "Now listening", { EventId: 14, Category: "Host" }),
  },
  {
    who: "Google Cloud",
    format: "json",
    line: '{"severity":"CRITICAL","message":"m"}',
    said: said("fatal", "m"),
  },
  {
    who: "hclog",
    format: "json",
    line: '{"@level":"error","@message":"no peers","@module":"raft","@timestamp":"2026-11-21T01:59:26.643171Z"}',
    said: said("error", "no peers", { "@module": "raft", "@timestamp": "2026-11-21T01:59:26.643171Z" }),
  },
  {
    who: "MongoDB",
    format: "json",
    line: '{"t":{"$date":"2026-11-21T01:59:26.643+00:00"},"s":"W","c":"NETWORK","id":22943,"ctx":"listener","msg":"Connection accepted","attr":{"n":1}}',
    said: said("warn", "Connection accepted", {
      t: { $date: "2026-11-21T01:59:26.643+00:00" },
      c: "NETWORK",
      id: 22943,
      ctx: "listener",
      attr: { n: 1 },
    }),
  },
  {
    who: "logrus",
    format: "logfmt",
    line: 'time="2026-11-21T01:59:26Z" level=warning msg="a \\"slow\\" disk" term=3 id=007 up=true took=1.5s',
    said: said("warn", 'a "slow" disk', { time: "2026-11-21T01:59:26Z", term: 3, id: "007", up: true, took: "1.5s" }),
  },
  {
    who: "slog's text",
    format: "logfmt",
    line: "time=2026-11-21T01:59:26.643Z level=DEBUG msg=x event=tick",
    said: said("debug", "x", { time: "2026-11-21T01:59:26.643Z" }, "tick"),
  },
  {
    who: "pairs without a message",
    format: "logfmt",
    line: "level=info a=1",
    said: said("info", "", { a: 1 }),
  },
  {
    who: "etcd's capnslog",
    format: "capnslog",
    line: "2026-11-21 01:59:26.643171 N | etcdserver/membership: set the initial cluster version to 3.4",
    said: said("info", "set the initial cluster version to 3.4", { package: "etcdserver/membership" }),
  },
  {
    who: "etcd's capnslog, fatal",
    format: "capnslog",
    line: "2026-11-21 01:59:26.643171 C | etcdmain: listen tcp 127.0.0.1:2380: bind: address already in use",
    said: said("fatal", "listen tcp 127.0.0.1:2380: bind: address already in use", { package: "etcdmain" }),
  },
  {
    who: "Redis",
    format: "redis",
    line: "1:M 21 Nov 2026 01:59:26.643 * Ready to accept connections tcp",
    said: said("info", "Ready to accept connections tcp", { pid: 1, role: "M" }),
  },
  {
    who: "Redis, a warning",
    format: "redis",
    line: "25:S 21 Nov 2026 01:59:26.643 # Connection with master lost.",
    said: said("warn", "Connection with master lost.", { pid: 25, role: "S" }),
  },
  {
    who: "nginx, access",
    format: "nginx",
    line: '172.18.0.1 - ann [21/Nov/2026:01:59:26 +0000] "GET /cart?id=1 HTTP/1.1" 502 157 "https://shop.test/" "curl/8.5.0" "-"',
    said: said("error", "GET /cart?id=1 HTTP/1.1", {
      client: "172.18.0.1",
      user: "ann",
      status: 502,
      bytes: 157,
      referer: "https://shop.test/",
      userAgent: "curl/8.5.0",
    }),
  },
  {
    who: "Apache, access",
    format: "nginx",
    line: '::1 - - [21/Nov/2026:01:59:26 +0000] "GET / HTTP/1.0" 404 -',
    said: said("warn", "GET / HTTP/1.0", { client: "::1", status: 404 }),
  },
  {
    who: "nginx, error",
    format: "nginx",
    line: '2026/11/21 01:59:26 [error] 29#30: *7 connect() failed (111: Connection refused) while connecting to upstream, client: 172.18.0.1, server: , request: "GET / HTTP/1.1", upstream: "http://172.18.0.3:80/", host: "shop"',
    said: said("error", "connect() failed (111: Connection refused) while connecting to upstream", {
      pid: 29,
      tid: 30,
      connection: 7,
      client: "172.18.0.1",
      server: "",
      request: "GET / HTTP/1.1",
      upstream: "http://172.18.0.3:80/",
      host: "shop",
    }),
  },
  {
    who: "nginx, notice",
    format: "nginx",
    line: "2026/11/21 01:59:26 [notice] 1#1: start worker processes",
    said: said("info", "start worker processes", { pid: 1, tid: 1 }),
  },
  {
    who: "PostgreSQL",
    format: "postgres",
    line: "2026-11-21 01:59:26.643 UTC [1] LOG:  database system is ready to accept connections",
    said: said("info", "database system is ready to accept connections", { pid: 1 }),
  },
  {
    who: "PostgreSQL, with user and database",
    format: "postgres",
    line: "2026-11-21 01:59:26.643 CET [71] app@shop FATAL:  the database system is shutting down",
    said: said("fatal", "the database system is shutting down", { pid: 71, user: "app", database: "shop" }),
  },
  {
    who: "PostgreSQL, more about the line before",
    format: "postgres",
    line: "2026-11-21 01:59:26.643 UTC [71] STATEMENT:  SELECT 1/0",
    said: said("info", "STATEMENT:  SELECT 1/0", { pid: 71 }),
  },
  {
    who: "RFC 5424",
    format: "syslog",
    line: '<165>1 2026-11-21T01:59:26.643Z db1 evntslog 12 ID47 [ex@32473 iut="3" src="a\\"b"][o@1] \uFEFFAn event',
    said: said(
      "info",
      "An event",
      { host: "db1", app: "evntslog", pid: 12, "ex@32473": { iut: "3", src: 'a"b' }, "o@1": {} },
      "ID47",
    ),
  },
  {
    who: "RFC 5424 without data",
    format: "syslog",
    line: "<34>1 2026-11-21T01:59:26.643Z db1 su - - - 'su root' failed",
    said: said("fatal", "'su root' failed", { host: "db1", app: "su" }),
  },
  {
    who: "RFC 3164",
    format: "syslog",
    line: "<11>Nov  1 01:59:26 db1 sshd[77]: Connection closed",
    said: said("error", "Connection closed", { host: "db1", app: "sshd", pid: 77 }),
  },
  {
    who: "HAProxy",
    format: "syslog",
    line: "<134>Nov 21 01:59:26 haproxy[8]: Server be/s1 is UP",
    said: said("info", "Server be/s1 is UP", { app: "haproxy", pid: 8 }),
  },
  { who: "sd-daemon", format: "syslog", line: "<4>disk is slow", said: said("warn", "disk is slow") },
  {
    who: "klog",
    format: "klog",
    line: "E1121 01:59:26.643171       1 reflector.go:147] failed to list *v1.Pod",
    said: said("error", "failed to list *v1.Pod", { thread: 1, caller: "reflector.go:147" }),
  },
  {
    who: "klog, structured",
    format: "klog",
    line: 'I1121 01:59:26.643171       1 controller.go:116] "Starting \\"worker\\"" worker=3 ns="kube-system"',
    said: said("info", 'Starting "worker"', { thread: 1, caller: "controller.go:116", worker: 3, ns: "kube-system" }),
  },
  {
    who: "Spring Boot",
    format: "log4j",
    line: "2026-11-21T01:59:26.643Z  INFO 1 --- [shop] [           main] c.e.shop.Shop                            : Started Shop",
    said: said("info", "Started Shop", { pid: 1, app: "shop", thread: "main", logger: "c.e.shop.Shop" }),
  },
  {
    who: "logback",
    format: "log4j",
    line: "01:59:26.643 [main] WARN  c.e.shop.Shop - low on stock",
    said: said("warn", "low on stock", { thread: "main", logger: "c.e.shop.Shop" }),
  },
  {
    who: "log4j, with a trace",
    format: "log4j",
    line: "2026-11-21 01:59:26,643 ERROR [http-1] com.example.Shop: sold out\njava.lang.IllegalStateException: x\n\tat com.example.Shop.sell(Shop.java:7)",
    said: said("error", "sold out\njava.lang.IllegalStateException: x\n\tat com.example.Shop.sell(Shop.java:7)", {
      thread: "http-1",
      logger: "com.example.Shop",
    }),
  },
  {
    who: "ZooKeeper",
    format: "log4j",
    line: "2026-11-21 01:59:26,643 [myid:1] - INFO  [main:QuorumPeerConfig@141] - Reading configuration",
    said: said("info", "Reading configuration", { context: "myid:1", thread: "main:QuorumPeerConfig@141" }),
  },
  {
    who: "Kafka",
    format: "log4j",
    line: "[2026-11-21 01:59:26,643] WARN [Controller id=1] Broker 2 is gone (kafka.controller.KafkaController)",
    said: said("warn", "[Controller id=1] Broker 2 is gone", { logger: "kafka.controller.KafkaController" }),
  },
  {
    who: "Cassandra",
    format: "log4j",
    line: "INFO  [main] 2026-11-21 01:59:26,643 StorageService.java:640 - Cassandra version: 5.0",
    said: said("info", "Cassandra version: 5.0", { thread: "main", caller: "StorageService.java:640" }),
  },
  {
    who: "Python",
    format: "log4j",
    line: "2026-11-21 01:59:26,643 - shop.db - CRITICAL - no connection",
    said: said("fatal", "no connection", { logger: "shop.db" }),
  },
  {
    who: "Python, basicConfig",
    format: "log4j",
    line: "WARNING:root:low on stock",
    said: said("warn", "low on stock", { logger: "root" }),
  },
  {
    who: "Consul",
    format: "log4j",
    line: "2026-11-21T01:59:26.643Z [WARN]  agent.server.raft: heartbeat timeout reached",
    said: said("warn", "agent.server.raft: heartbeat timeout reached"),
  },
  {
    who: "NATS",
    format: "log4j",
    line: "[1] 2026/11/21 01:59:26.643171 [INF] Server is ready",
    said: said("info", "Server is ready", { pid: 1 }),
  },
  {
    who: "env_logger",
    format: "log4j",
    line: "[2026-11-21T01:59:26Z ERROR shop::db] no connection",
    said: said("error", "no connection", { logger: "shop::db" }),
  },
  {
    who: "tracing, in colours",
    format: "log4j",
    line: "\u001b[2m2026-11-21T01:59:26.643171Z\u001b[0m \u001b[32m INFO\u001b[0m \u001b[2mshop::db\u001b[0m\u001b[2m:\u001b[0m connected",
    said: said("info", "connected", { logger: "shop::db" }),
  },
  {
    who: "RabbitMQ",
    format: "log4j",
    line: "2026-11-21 01:59:26.643171+00:00 [info] <0.222.0> started TCP listener",
    said: said("info", "<0.222.0> started TCP listener"),
  },
  {
    who: "a time and a level",
    format: "log4j",
    line: "2026-11-21 10:00:00 WARN disk is slow",
    said: said("warn", "disk is slow"),
  },
  { who: "plain text", format: "text", line: "listening on 8080", said: said("info", "listening on 8080") },
];
