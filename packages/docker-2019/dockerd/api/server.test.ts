/** The server at the wire, as clients of several years talk to it. */
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Conflict, NotModified } from "@eras/oci-spec/errdefs.ts";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { noContent, route } from "./call.ts";
import type { Body } from "./requests.ts";
import { apiServer } from "./server.ts";
import { flag, struct } from "./shape.ts";

const THING: Body<object> = { shape: struct("things.Thing", { Detach: flag }), status: 400 };

const ROUTES = [
  route("GET", "/things/{name}/json", ({ params, query, version }) => ({ ...params, all: query.flag("all"), version })),
  route("GET", "/images/{name:.*}/json", ({ params }) => params),
  route("POST", "/things", async (call) => call.answer.json(201, await call.json(THING))),
  route(
    "POST",
    "/things/{name}/start",
    noContent(() => {
      throw new NotModified("it runs");
    }),
  ),
  route("DELETE", "/things/{name}", () => {
    throw new Conflict("You cannot remove it");
  }),
  route("POST", "/things/{name}/attach", async (call) => {
    const request = await call.optionalJson(THING);
    const client = call.answer.hijack("application/vnd.docker.raw-stream", {});
    client.write(JSON.stringify(request ?? null));
    client.on("data", (chunk: Buffer) => client.write(chunk.toString().toUpperCase()));
    client.on("end", () => client.end("bye"));
    client.resume();
  }),
  route("POST", "/things/{name}/refuse", () => {
    throw new Conflict("no");
  }),
];

let dir: string;
let server: ReturnType<typeof apiServer>;
let socket: Socket;
beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), "docker-eras-api-"));
  server = apiServer(ROUTES, { version: "19.03.0", experimental: false });
  server.listen(join(dir, "docker.sock"));
  await once(server, "listening");
  socket = connect({ path: join(dir, "docker.sock"), allowHalfOpen: true });
});
afterEach(() => {
  socket.destroy();
  server.close();
  rmSync(dir, { recursive: true });
});

/** Sends text and reads to the end of the connection. */
async function talk(text: string): Promise<string> {
  socket.end(text);
  return read();
}

async function read(): Promise<string> {
  let answer = "";
  for await (const chunk of socket) answer += chunk;
  return answer;
}

const request = (line: string, ...headers: string[]) =>
  `${[`${line} HTTP/1.1`, "Host:", "Connection: close", ...headers].join("\r\n")}\r\n\r\n`;
const bodyOf = (answer: string) => JSON.parse(answer.slice(answer.indexOf("\r\n\r\n")));

describe("the API's server", () => {
  test("answers with JSON and Docker's headers", async () => {
    const answer = await talk(request("GET /v1.40/things/a%20b/json?all=1"));
    expect(answer).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    for (const header of [
      "Api-Version: 1.40",
      "Docker-Experimental: false",
      "Ostype: linux",
      "Server: Docker/19.03.0 (linux)",
    ])
      expect(answer).toContain(`${header}\r\n`);
    expect(bodyOf(answer)).toEqual({ name: "a b", all: true, version: "1.40" });
  });

  test.each([
    ["GET /things/x/json", { name: "x", all: false, version: "1.40" }],
    ["GET /v1.24/things/x/json?all=False", { name: "x", all: false, version: "1.24" }],
    ["GET /v1.30/images/localhost:5000/a/b:1/json", { name: "localhost:5000/a/b:1" }],
  ])("%s", async (line, expected) => {
    expect(bodyOf(await talk(request(line)))).toEqual(expected);
  });

  test.each([
    ["GET /nowhere", 404, "page not found"],
    ["PUT /things/x/json", 404, "page not found"],
    ["GET /v1.41/things/x/json", 400, "client version 1.41 is too new. Maximum supported API version is 1.40"],
    ["DELETE /things/x", 409, "You cannot remove it"],
    ["GET /things/x/json?all=%zz", 400, 'invalid URL escape "%zz"'],
  ])("%s is answered with %i", async (line, status, message) => {
    const answer = await talk(request(line));
    expect(answer).toContain(`HTTP/1.1 ${status} `);
    expect(bodyOf(answer).message).toEqual(typeof message === "string" ? message : expect.stringMatching(message));
  });

  test("tells clients of another age in plain text", async () => {
    const answer = await talk(request("GET /v1.23/things/x/json"));
    expect(answer).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n[\s\S]*Content-Type: text\/plain/);
    expect(answer).toMatch(/\r\n\r\n[\s\S]*client version 1\.23 is too old\. Minimum supported API version is 1\.24/);
  });

  test("tells that nothing was to be done without a body", async () => {
    expect(await talk(request("POST /things/x/start"))).toMatch(/^HTTP\/1\.1 304 Not Modified\r\n[\s\S]*\r\n\r\n$/);
  });

  test.each([
    ["", 400, /^got EOF while reading request body$/],
    ["Content-Length: 2", 400, /Content-Type specified \(\) must be 'application\/json'/],
    ["Content-Type: text/plain\r\nContent-Length: 2", 400, /Content-Type specified \(text\/plain\)/],
    ["Content-Type: application/json\r\nContent-Length: 2", 400, /^invalid character/],
  ])("wants JSON where it wants a body (%j)", async (headers, status, message) => {
    const body = headers === "" ? "" : "{]";
    const answer = await talk(`${request("POST /things", ...headers.split("\r\n").filter(Boolean))}${body}`);
    expect(answer).toContain(`HTTP/1.1 ${status} `);
    expect(bodyOf(answer).message).toMatch(message);
  });
});

describe("a hijacked connection", () => {
  const UPGRADE = ["Connection: Upgrade", "Upgrade: tcp"];

  test("has a body first, then the client's bytes, in whatever pieces; and answers after the client's end", async () => {
    const body = '{"Detach":false}';
    const head = `POST /v1.40/things/x/attach HTTP/1.1\r\nHost:\r\n${UPGRADE.join("\r\n")}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n`;
    socket.write(head + body.slice(0, 5));
    await new Promise((resolve) => setTimeout(resolve, 50));
    socket.write(`${body.slice(5)}in`);
    await new Promise((resolve) => setTimeout(resolve, 50));
    socket.end("put");
    const answer = await read();
    expect(answer).toBe(
      `HTTP/1.1 101 UPGRADED\r\nContent-Type: application/vnd.docker.raw-stream\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n${body}INPUTbye`,
    );
  });

  test("needs no body", async () => {
    const head = `POST /things/x/attach HTTP/1.1\r\nHost:\r\n${UPGRADE.join("\r\n")}\r\n\r\n`;
    expect(await talk(head)).toMatch(/\r\n\r\nnullbye$/);
  });

  test("is refused in plain text", async () => {
    const head = `POST /things/x/refuse HTTP/1.1\r\nHost:\r\n${UPGRADE.join("\r\n")}\r\n\r\n`;
    expect(await talk(head)).toMatch(
      /^HTTP\/1\.1 409 Conflict\r\n[\s\S]*Content-Type: application\/vnd\.docker\.raw-stream\r\n[\s\S]*\r\n\r\nno\r\n$/,
    );
  });
});
