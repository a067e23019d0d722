/**
 * A time and a level, then a message: log4j and logback, Spring Boot, Kafka, ZooKeeper, Cassandra, Python's logging, hclog, NATS,
 * Rust's env_logger and tracing, RabbitMQ. Thread, logger, pid and the like are fields where a layout says which is which; the time is left
 * out, because it is one.
 */
import { patternReader } from "./pattern.js";

const date = String.raw`\d{4}[-/]\d\d[-/]\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?: ?(?:Z|[+-]\d\d:?\d\d))?`;
const time = String.raw`(?:${date}|\d\d:\d\d:\d\d[.,]\d{1,9})`;
const level = "(?<level>TRACE|DEBUG|INFO|NOTICE|WARN|WARNING|ERROR|ERR|SEVERE|FATAL|CRITICAL|CRIT|PANIC|DPANIC|DBG|INF|WRN|FTL)";
const thread = String.raw`\[ *(?<thread>(?:[^\] ][^\]]*)?)\]`;

const layouts = [
  // Spring Boot: 2026-11-21T10:00:00.123Z  INFO 1 --- [shop] [main] c.e.Shop : Started
  String.raw`${time} +${level} (?<pid>\d+) --- (?:\[(?<app>[^\]]*)\] )?${thread} (?<logger>\S+) *: (?<msg>.*)`,
  // logback: 10:00:00.123 [main] INFO  c.e.Shop - Started
  String.raw`${time} ${thread} ${level} +(?<logger>\S+) --? (?<msg>.*)`,
  // log4j: 2026-11-21 10:00:00,123 INFO  [main] com.example.Shop - Started, or (main) [com.example.Shop]
  String.raw`${time} ${level} +${thread} (?<logger>[^\s:]+)(?: -|:) (?<msg>.*)`,
  String.raw`${time} ${level} +\[(?<logger>[\w.$]+)\] \((?<thread>[^)]*)\) (?<msg>.*)`,
  // ZooKeeper: 2026-11-21 10:00:00,123 [myid:1] - INFO  [main:QuorumPeerConfig@141] - Reading
  String.raw`${time} \[(?<context>[^\]]*)\] - ${level} +${thread} - (?<msg>.*)`,
  // Kafka: [2026-11-21 10:00:00,123] INFO [Controller id=1] Starting (kafka.controller.KafkaController)
  String.raw`\[${date}\] ${level} (?<msg>.*?)(?: \((?<logger>[\w.$-]+)\))?$`,
  // Cassandra: INFO  [main] 2026-11-21 10:00:00,123 StorageService.java:640 - Starting
  String.raw`${level} +${thread} ${date} (?<caller>\S+) - (?<msg>.*)`,
  // Python: 2026-11-21 10:00:00,123 - shop - INFO - started, and INFO:shop:started
  String.raw`${date} - (?<logger>\S+) - ${level} - (?<msg>.*)`,
  String.raw`${level}:(?<logger>[\w.]+):(?<msg>.*)`,
  // env_logger: [2026-11-21T10:00:00Z INFO  shop::db] connected
  String.raw`\[${date} ${level} +(?<logger>[^\]\s]+)\] (?<msg>.*)`,
  // NATS: [1] 2026/11/21 10:00:00.123456 [INF] Server is ready
  String.raw`\[(?<pid>\d+)\] ${date} \[${level}\] (?<msg>.*)`,
  // a logger is known by its dots or colons: tracing's shop::db: connected, or com.example.Shop - Started
  String.raw`${time}\s+${level}\s+(?<logger>\w+(?:(?:\.|::)[\w$]+)+)(?::| -) (?<msg>.*)`,
  // whoever writes in nginx's way is nginx
  String.raw`${time}(?:\s*[-|]\s*|\s+)\[(?<level>[A-Za-z]{3,11})\](?! *\d+#\d+: ) *(?<msg>.*)`,
  String.raw`${time}(?:\s*[-|]\s*|\s+)${level}(?::|\s*[-|])?\s+(?<msg>.*)`,
];

export const readLog4j = patternReader(layouts.map((layout) => new RegExp(`^${layout}`)));
