// Shows where logs go for a receiver's URL, and what of a URL is said aloud.
import { expect, it } from "vitest";
import { pauseAfterMs } from "../../src/ship/backoff.js";
import { logsUrl, publicUrl } from "../../src/ship/endpoint.js";

it.each([
  ["http://localhost:4318", "http://localhost:4318/v1/logs"],
  ["http://localhost:4318/", "http://localhost:4318/v1/logs"],
  ["http://loki:3100/otlp", "http://loki:3100/otlp/v1/logs"],
  ["http://loki:3100/otlp/", "http://loki:3100/otlp/v1/logs"],
  ["https://otlp.example.org/v1/logs", "https://otlp.example.org/v1/logs"],
  ["https://otlp.example.org/v1/logs/", "https://otlp.example.org/v1/logs"],
  ["https://otlp.example.org/in?tenant=a", "https://otlp.example.org/in/v1/logs?tenant=a"],
])("%s -> %s", (otlp, url) => expect(logsUrl(otlp)).toBe(url));

it.each([
  ["http://localhost:4318/", "http://localhost:4318"],
  ["https://user:secret@example.org/otlp?key=secret#secret", "https://example.org/otlp"],
])("%s is said to be %s", (otlp, said) => expect(publicUrl(otlp)).toBe(said));

it("pauses longer after each failure, and never longer than half a minute", () => {
  expect([1, 2, 3, 4, 5, 6, 7, 1000].map(pauseAfterMs)).toEqual([1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000]);
});
