/**
 * Where logs go, from a receiver's base URL: `v1/logs` below its path, as the specification has it for OTEL_EXPORTER_OTLP_ENDPOINT
 * (OpenTelemetry Protocol Exporter, "Endpoint URLs for OTLP/HTTP"). A URL that names the path already is taken as it is.
 */
export function logsUrl(otlp: string): string {
  const url = new URL(otlp);
  const base = url.pathname.replace(/\/+$/, "");
  url.pathname = base.endsWith("/v1/logs") ? base : `${base}/v1/logs`;
  return url.href;
}

/** The URL as it may be said aloud: without user, password and query. */
export function publicUrl(otlp: string): string {
  const { protocol, host, pathname } = new URL(otlp);
  return `${protocol}//${host}${pathname === "/" ? "" : pathname}`;
}
