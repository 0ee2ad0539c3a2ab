import { createHash, randomBytes } from "node:crypto";
import { type AddressInfo, connect, type Server } from "node:net";
import { buffer, text } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { callTCP, parseAddress } from "./call-tcp.ts";
import { EchoService } from "./echo-service.ts";
import { commandNames } from "./service.ts";
import { listenAndServeTCP } from "./tcp.ts";

let server: Server;
let address: string;
beforeAll(async () => {
  vi.spyOn(console, "log").mockImplementation(() => {}); // the server's log
  server = await listenAndServeTCP("127.0.0.1:0", new EchoService(), "/nonexistent");
  address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => server.close());

async function answer(...args: string[]): Promise<string> {
  const socket = await callTCP(address, args);
  socket.end();
  return text(socket);
}

/** What the server answers to raw bytes. */
function send(bytes: string): Promise<string> {
  const socket = connect({ ...parseAddress(address), allowHalfOpen: true });
  socket.end(bytes);
  return text(socket);
}

describe("a command over TCP", () => {
  test("gets its arguments as they were typed, whatever they hold", async () => {
    const args = ["a b", "", '"\n', "é\u{1f600}"];
    expect(await answer("words", ...args)).toBe(`${JSON.stringify(args)}\n`);
  });

  test("gets the client's bytes until the half-close, and may answer after it", async () => {
    const bytes = randomBytes(5_000_000);
    const socket = await callTCP(address, ["mirror"]);
    socket.end(bytes);
    const sha = (data: Buffer) => createHash("sha256").update(data).digest("hex");
    expect(sha(await buffer(socket))).toBe(sha(bytes));
  });

  test("gets bytes that came with the line in one segment", async () => {
    expect(await send('["mirror"]\nhi\n')).toBe("hi\n");
  });

  test("is found whatever its case, and only if it is one", async () => {
    expect(await answer("WORDS")).toBe("[]\n");
    expect(await answer("name")).toBe("Error: No such command: name\n");
    expect(await answer("constructor")).toBe("Error: No such command: constructor\n");
  });

  test("tells its error as the last line, percent signs unharmed", async () => {
    expect(await answer("fail")).toBe("so far\nError: 100%done\n");
  });

  test("may answer without reading what the client sends", async () => {
    const socket = await callTCP(address, ["words", "early"]);
    socket.on("error", () => {});
    const timer = setInterval(() => socket.write(Buffer.alloc(100_000)), 1);
    try {
      expect(await text(socket)).toBe('["early"]\n');
    } finally {
      clearInterval(timer);
      socket.destroy();
    }
  });

  test("is help when there are no words", async () => {
    expect(await answer()).toBe("the help\n");
    expect(await answer("help")).toBe("the help\n");
    expect(await answer("help", "")).toBe("the help\n");
    expect(await answer("help", "words")).toBe('["--help"]\n');
  });
});

describe("the server", () => {
  test("says what is wrong with a line", async () => {
    expect(await send('["words"')).toBe("Error: Cannot read the command line: the connection ended before its end\n");
    expect(await send("[1]\n")).toBe('Error: Cannot read the command line "[1]": it is not a JSON list of strings\n');
  });

  test("says nothing to who says nothing", async () => {
    expect(await send("")).toBe("");
  });
});

describe("commandNames()", () => {
  test("finds the methods of the object and of its class", () => {
    const service = Object.assign(new EchoService(), { CmdWhoami2013: () => {} });
    expect(commandNames(service)).toEqual(["fail", "mirror", "whoami2013", "words"]);
  });
});

describe("parseAddress()", () => {
  test("splits host and port, in brackets too", () => {
    expect(parseAddress("example.org:4242")).toEqual({ host: "example.org", port: 4242 });
    expect(parseAddress("[::1]:80")).toEqual({ host: "::1", port: 80 });
    expect(parseAddress(":4242")).toEqual({ host: "127.0.0.1", port: 4242 });
  });
  test("refuses what has no port", () => {
    expect(() => parseAddress("localhost")).toThrow('Cannot use address "localhost": it is not host:port');
    expect(() => parseAddress("localhost:99999")).toThrow("it is not host:port");
  });
});
