/**
 * Stands in for 2013's get.docker.io: a plain HTTP server that has each image of the shelf as a tar.
 *
 *     GET /                  the list
 *     GET /images/NAME       the tar, made anew from this host at each request
 *
 * So `docker pull http://127.0.0.1:4280/images/busybox` is the era's pull: an ordinary GET of a URL, which becomes the image's name.
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { endDaemon } from "@eras/linux/end-daemon.ts";
import { isOnShelf, openImageTar, SHELF_IMAGES } from "./shelf/shelf.ts";
import { parseAddress } from "./world.ts";

/** Serves until the process is told to end; resolves when it begins to. @throws {Error} When the address is not free. */
export async function serveArchive(address: string): Promise<void> {
  const server = createServer((request, response) => {
    answer(request, response).catch((error: Error) => {
      if (!response.headersSent) reply(response, 500, error.message);
      response.destroy();
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject).listen(parseAddress(address), resolve);
  });
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, endDaemon);
  console.log(`archive: http://${address}/images/{${SHELF_IMAGES.join(",")}}`);
}

async function answer({ url = "/", method }: IncomingMessage, response: ServerResponse): Promise<void> {
  if (method !== "GET" && method !== "HEAD") return reply(response, 405, `Cannot ${method}: only GET is served`);
  if (url === "/") return reply(response, 200, SHELF_IMAGES.map((name) => `/images/${name}`).join("\n"));
  const name = /^\/images\/([^/?]+)$/.exec(url)?.[1] ?? "";
  if (!isOnShelf(name)) return reply(response, 404, `No such image: ${url}`);
  response.writeHead(200, { "content-type": "application/x-tar" });
  if (method === "HEAD") return void response.end();
  await pipeline(Readable.from(await openImageTar(name)), response);
}

function reply(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { "content-type": "text/plain; charset=utf-8" }).end(`${text}\n`);
}
