/** For tests: a registry that has one image, and does to its clients what the test wants, where a genuine one would answer properly. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Descriptor } from "@eras/oci-spec/image/descriptor.ts";
import type { MemoryStore } from "./image-fixtures.ts";

/** What is done to a request. @returns Whether that was all: else it is answered properly. */
export type Misbehaviour = (request: IncomingMessage, response: ServerResponse) => boolean;

export class MisbehavingRegistry {
  /** What was asked: `GET blobs/sha256:… bytes=100-`. */
  readonly asked: string[] = [];
  readonly #server: Server;
  #misbehave: Misbehaviour = () => false;

  private constructor(server: Server) {
    this.#server = server;
  }

  /** @param target - What every tag stands for. */
  static async start(store: MemoryStore, target: Descriptor): Promise<MisbehavingRegistry> {
    const server = createServer();
    const registry = new MisbehavingRegistry(server);
    server.on("request", (request, response) => registry.#answer(request, response, store, target));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return registry;
  }

  get domain(): string {
    return `127.0.0.1:${(this.#server.address() as { port: number }).port}`;
  }

  /** From here on, this is what it does. */
  does(misbehave: Misbehaviour): void {
    this.#misbehave = misbehave;
    this.asked.length = 0;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #answer(request: IncomingMessage, response: ServerResponse, store: MemoryStore, target: Descriptor): void {
    const [, , , kind, name = ""] = new URL(request.url!, "http://x").pathname.split("/");
    this.asked.push([request.method, `${kind}/${name}`, request.headers.range].filter(Boolean).join(" "));
    request.resume();
    if (this.#misbehave(request, response)) return;
    const digest = name.includes(":") ? (name as Descriptor["digest"]) : target.digest;
    const bytes = store.blobs.get(digest);
    if (bytes === undefined) return void response.writeHead(404).end();
    const type = kind === "manifests" ? { "content-type": target.mediaType, "docker-content-digest": digest } : {};
    const from = Number(/\d+/.exec(request.headers.range ?? "")?.[0] ?? 0);
    const range = from > 0 && { "content-range": `bytes ${from}-${bytes.length - 1}/${bytes.length}` };
    response.writeHead(range ? 206 : 200, { ...type, "content-length": bytes.length - from, ...range });
    response.end(request.method === "HEAD" ? undefined : bytes.subarray(from));
  }
}
