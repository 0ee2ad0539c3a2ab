/** `pnpm docs:serve [PORT]`: serves the built site on 127.0.0.1, and to nobody else. */
import { createReadStream, existsSync, statSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join, normalize } from "node:path";
import { endDaemon } from "@eras/linux/end-daemon.ts";
import { SITE } from "../paths.ts";

const PORT = 4173;
const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".json": "application/json",
  ".svg": "image/svg+xml",
  ".woff2": "font/woff2",
};

/** @param port - 0: any that is free. @throws {Error} When there is no site, or the port is taken. */
export async function serveSite(port: number, site = SITE): Promise<Server> {
  if (!existsSync(join(site, "index.html"))) throw new Error("There is no site yet: pnpm run docs builds it");
  const server = createServer(({ url = "/" }, response) => {
    const file = fileFor(url, site);
    const path = file ?? join(site, "404.html");
    response.writeHead(file ? 200 : 404, { "Content-Type": TYPES[extname(path)] ?? "application/octet-stream" });
    createReadStream(path).pipe(response);
  });
  await new Promise<void>((resolve, reject) => server.once("error", reject).listen(port, "127.0.0.1", resolve));
  return server;
}

/** `/` is index.html, and `/13-02` is 13-02.html. */
function fileFor(url: string, site: string): string | undefined {
  const path = readPath(url);
  if (path === undefined) return undefined;
  const candidates = [path, `${path}.html`, join(path, "index.html")].map((name) => join(site, name));
  return candidates.find((name) => existsSync(name) && statSync(name).isFile());
}

/** Never above the site: what is normal begins with a slash. @returns Nothing where a percent sign begins no byte. */
function readPath(url: string): string | undefined {
  try {
    return normalize(decodeURIComponent(new URL(url, "http://site").pathname));
  } catch {
    return undefined;
  }
}

function explain({ code, message }: NodeJS.ErrnoException): string {
  return code === "EADDRINUSE" ? `${message}. Another port: pnpm docs:serve ${PORT + 1}` : message;
}

if (import.meta.main) {
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, endDaemon);
  try {
    const server = await serveSite(Number(process.argv[2] ?? PORT));
    const { port } = server.address() as AddressInfo;
    const address = `127.0.0.1:${port}`;
    console.log(
      `http://${address}/   (Ctrl-C ends it. For a browser elsewhere: ssh -L ${port}:${address} THIS-MACHINE)`,
    );
  } catch (error) {
    process.stderr.write(`pnpm docs:serve: ${explain(error as NodeJS.ErrnoException)}\n`);
    process.exitCode = 1;
  }
}
