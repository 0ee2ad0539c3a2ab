/**
 * A registry, in memory: `node registry.ts &`, then `docker push 127.0.0.1:5000/NAME`. It keeps what it is sent, gives it to whoever asks, and
 * prints each request.
 *
 *     HEAD, GET   /v2/NAME/manifests/TAG    the list of an image's pieces
 *     HEAD, GET   /v2/NAME/blobs/DIGEST     a piece
 *     POST        /v2/NAME/blobs/uploads/   a piece is about to come: 202, Location
 *     PATCH, PUT  LOCATION                  some of it; the rest, and its ?digest=
 *     PUT         /v2/NAME/manifests/TAG    all pieces are there: this is their list
 *
 * @see https://github.com/opencontainers/distribution-spec/blob/v1.0.1/spec.md
 */
import { createHash, randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { buffer } from "node:stream/consumers";
import { endDaemon } from "@eras/linux/end-daemon.ts";

const PORT = 5000;

interface Kept {
  readonly type: string;
  readonly bytes: Buffer;
}

/** By the path that it is asked for. */
const kept = new Map<string, Kept>();
/** What has come of an upload, by its Location. */
const uploads = new Map<string, Buffer>();

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { pathname, searchParams } = new URL(request.url!, "http://registry");
  console.log(`${request.method} ${pathname.replace(/(?<=uploads\/).+/, "…")}`);
  if (pathname === "/v2/") return void response.end();
  if (request.method === "GET" || request.method === "HEAD") return give(pathname, response);
  if (request.method === "POST") return beginUpload(pathname, response);
  const bytes = Buffer.concat([uploads.get(pathname) ?? Buffer.alloc(0), await buffer(request)]);
  if (request.method === "PATCH") {
    uploads.set(pathname, bytes);
    return void response.writeHead(202, { Location: pathname }).end();
  }
  uploads.delete(pathname);
  keep(pathname, searchParams.get("digest"), { type: request.headers["content-type"] ?? "", bytes });
  response.writeHead(201, { "Docker-Content-Digest": digestOf(bytes) }).end();
}

function give(path: string, response: ServerResponse): void {
  const found = kept.get(path);
  if (!found) return void response.writeHead(404).end();
  const { type, bytes } = found;
  response.writeHead(200, {
    "Content-Type": type,
    "Content-Length": bytes.length,
    "Docker-Content-Digest": digestOf(bytes),
  });
  response.end(bytes); // of which a HEAD gets nothing
}

function beginUpload(path: string, response: ServerResponse): void {
  response.writeHead(202, { Location: path + randomUUID() }).end();
}

/** A piece lies under its digest; a list under its tag, and under its digest, too. */
function keep(path: string, digest: string | null, content: Kept): void {
  const folder = path.replace(/\/(?:uploads\/)?[^/]*$/, "");
  kept.set(`${folder}/${digest ?? digestOf(content.bytes)}`, content);
  if (digest === null) kept.set(path, content);
}

function digestOf(bytes: Buffer): string {
  return `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
}

createServer((request, response) => void answer(request, response)).listen(PORT, "127.0.0.1");
process.on("SIGTERM", endDaemon); // leaves the terminal alone, which by then is the shell's
