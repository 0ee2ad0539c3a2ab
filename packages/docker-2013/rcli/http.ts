/**
 * rcli over HTTP, for browsers and curl.
 *
 *     http://127.0.0.1:8080/<command>?q=<arg1>&q=<arg2>…     request body = stdin, response body = output
 *
 * The status is always 200 and any method will do. That makes every GET a command, run as root; so a request that a foreign web page
 * had a browser send is refused: the original, which listened on all interfaces, answered those too.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { basename } from "node:path";
import { parseAddress } from "./call-tcp.ts";
import { call, errorLine, type Service } from "./service.ts";

/** Serves rcli over HTTP at `address`; resolves when it listens. */
export function listenAndServeHTTP(address: string, service: Service): Promise<Server> {
  const { host, port } = parseAddress(address);
  const server = createServer((request, response) => {
    if (!isOurOwn(request, host)) return refuse(response);
    void serve(request, response, service);
  });
  server.requestTimeout = 0; // stdin may take as long as the user types
  return new Promise((resolve, reject) => {
    server.once("error", reject).listen(port, host, () => resolve(server));
  });
}

async function serve(request: IncomingMessage, response: ServerResponse, service: Service): Promise<void> {
  const [, path = "", query = ""] = /^([^?]*)\??(.*)$/.exec(request.url ?? "") ?? []; // a "?" further on belongs to an argument
  const command = basename(path) || "/";
  response.on("error", () => {}); // a client that left: the command notices when it writes
  response.writeHead(200, headersFor(command));
  response.flushHeaders();
  try {
    await call(service, request, response, [decodeURIComponent(command), ...new URLSearchParams(query).getAll("q")]);
  } catch (error) {
    response.write(errorLine(error));
  }
  response.end();
}

/** Only the page of `web` is a page. A container's output stays text, whatever it looks like: it could otherwise run as a script of ours. */
function headersFor(command: string): Record<string, string> {
  return {
    "Content-Type": command.toLowerCase() === "web" ? "text/html; charset=utf-8" : "text/plain; charset=utf-8",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
  };
}

const LOOPBACK_NAMES = ["127.0.0.1", "localhost", "[::1]"];

/**
 * Whether the request comes from our own page or from no page at all. The Host header, if any, names us (a foreign name that was rebound
 * to 127.0.0.1 does not), Origin is absent or ours, and the browser does not call it cross-site (an `<img>` sends no Origin).
 *
 * @see https://developer.mozilla.org/docs/Web/HTTP/Headers/Sec-Fetch-Site
 */
function isOurOwn({ headers }: IncomingMessage, listenHost: string): boolean {
  const host = headers.host ?? listenHost;
  const site = headers["sec-fetch-site"] ?? "none";
  return (
    [...LOOPBACK_NAMES, listenHost].includes(host.replace(/:\d+$/, "")) &&
    (headers.origin ?? `http://${host}`) === `http://${host}` &&
    (site === "none" || site === "same-origin")
  );
}

function refuse(response: ServerResponse): void {
  response.writeHead(403, { "Content-Type": "text/plain" });
  response.end(errorLine("Request refused: it comes from another web site"));
}
