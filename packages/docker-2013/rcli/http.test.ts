import { request, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { EchoService } from "./echo-service.ts";
import { listenAndServeHTTP } from "./http.ts";

let server: Server;
beforeAll(async () => {
  vi.spyOn(console, "log").mockImplementation(() => {}); // the server's log
  server = await listenAndServeHTTP("127.0.0.1:0", new EchoService());
});
afterAll(() => server.close());

/** Sends a request whose path goes out as it is, which a URL object would tidy up. */
function ask(path: string, { method = "GET", body = "", headers = {} } = {}): Promise<[status: number, body: string]> {
  const { port } = server.address() as AddressInfo;
  return new Promise((resolve, reject) => {
    const options = { host: "127.0.0.1", port, path, method, agent: false };
    const asked = request({ ...options, headers: { "Content-Length": body.length, ...headers } }, (response) =>
      resolve(text(response).then((answer) => [response.statusCode!, answer])),
    );
    asked.on("error", reject).end(body);
  });
}

describe("a command over HTTP", () => {
  test.each([
    ["/words", []],
    ["/words?q=-a&q=base&q=&q=ls", ["-a", "base", "", "ls"]],
    ["/words?x=1&q=a%26b+c", ["a&b c"]],
    ["/words?q=what?&q=a=b?c", ["what?", "a=b?c"]],
    ["/any/thing/WORDS?q=1", ["1"]],
  ])("takes its arguments from %s", async (path, args) => {
    expect(await ask(path)).toEqual([200, `${JSON.stringify(args)}\n`]);
  });

  test.each(["GET", "POST", "PUT"])("gets the body as its input (%s)", async (method) => {
    expect(await ask("/mirror", { method, body: "bytes" })).toEqual([200, "bytes"]);
  });

  test.each([
    ["/fail", "so far\nError: 100%done\n"],
    ["/nosuch", "Error: No such command: nosuch\n"],
    ["/", "Error: No such command: /\n"],
    ["/%ff", "Error: URI malformed\n"],
  ])("%s answers its error at the end, with status 200", async (path, answer) => {
    expect(await ask(path)).toEqual([200, answer]);
  });

  test.each([
    { Host: "rebound.example" },
    { Origin: "http://evil.example" },
    { Origin: "null" },
    { "Sec-Fetch-Site": "cross-site" },
    { "Sec-Fetch-Site": "same-site" },
  ])("is refused to another site's page: %o", async (headers) => {
    expect(await ask("/words", { headers })).toEqual([403, expect.stringMatching(/^Error: Request refused/)]);
  });
});
