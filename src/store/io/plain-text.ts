import { createServer } from "node:http";
import type { Server } from "node:http";

/**
 * What tells how a node is, and nothing of what is in it: of this, those who look after a cluster ask in plain text also where clients come
 * over TLS, as etcd lets them with `--listen-metrics-urls`.
 */
const open: ReadonlySet<string> = new Set(["/health", "/status", "/metrics", "/version"]);

/**
 * An HTTP/1.1 server for plain text beside TLS, which does not listen itself. It passes on to `http` who wants to know how the node is; all
 * others hear what etcd, that is Go, says to them.
 */
export function plainText(http: Server): Server {
  const { keepAliveTimeout, requestTimeout, headersTimeout, maxRequestsPerSocket } = http;
  const server = createServer({ keepAliveTimeout, requestTimeout, headersTimeout, noDelay: true }, (request, response) => {
    if (request.method === "GET" && open.has(pathOf(request.url ?? ""))) return void http.emit("request", request, response);
    const body = "Client sent an HTTP request to an HTTPS server.\n";
    response.writeHead(400, { "content-type": "text/plain; charset=utf-8", "content-length": body.length, connection: "close" });
    response.end(body);
  });
  server.maxRequestsPerSocket = maxRequestsPerSocket;
  return server;
}

function pathOf(url: string): string {
  return url.split("?", 1)[0] as string;
}
