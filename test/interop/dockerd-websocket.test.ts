/** Attaching over a WebSocket, with Node's own: GET /containers/NAME/attach/ws. */
import { once } from "node:events";
import { request } from "node:http";
import { connect } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { busyboxImage } from "../harness/busybox-image.ts";
import { freePort } from "../harness/docker-2013.ts";
import { Dockerd2019 } from "../harness/dockerd-2019.ts";
import { missing } from "../harness/runtime-under-test.ts";

const ALL = "stream=1&stdin=1&stdout=1&stderr=1";
const KEY = "dGhlIHNhbXBsZSBub25jZQ==";

describe("a WebSocket at a container", () => {
  const reason = missing("/usr/bin/docker");
  if (reason) return void test.skip(reason);

  let dockerd: Dockerd2019;
  let port: number;
  beforeAll(async () => {
    port = await freePort();
    dockerd = await Dockerd2019.start(["-H", `tcp://127.0.0.1:${port}`]);
    expect(await dockerd.docker(["load", "-q"], busyboxImage("busybox:latest"))).toMatchObject({ status: 0 });
  });
  afterAll(() => dockerd.stop());

  async function start(...args: string[]): Promise<string> {
    const { stdout, stderr, status } = await dockerd.docker(["run", "-d", ...args]);
    expect({ stderr, status }).toEqual({ stderr: "", status: 0 });
    return stdout.trim();
  }

  function open(id: string, query = ALL): WebSocket {
    const socket = new WebSocket(`ws://127.0.0.1:${port}/v1.40/containers/${id}/attach/ws?${query}`);
    socket.binaryType = "arraybuffer";
    return socket;
  }

  /** All that comes, until the other side closes. */
  async function received(socket: WebSocket): Promise<{ text: string; code: number }> {
    const pieces: Buffer[] = [];
    socket.addEventListener("message", ({ data }) => pieces.push(Buffer.from(data as ArrayBuffer)));
    const [{ code }] = (await once(socket, "close")) as [CloseEvent];
    return { text: Buffer.concat(pieces).toString(), code };
  }

  test("carries input and both outputs, of all sizes of frames, to the container's end", async () => {
    const socket = open(await start("-i", "busybox", "sh", "-c", "head -c 200320; echo err >&2; echo ' end'"));
    const all = received(socket);
    await once(socket, "open");
    const sent = ["a".repeat(120), "b".repeat(200), "c".repeat(200_000)];
    for (const text of sent) socket.send(text);
    const { text, code } = await all;
    expect(code).toBe(1000);
    expect(text.includes("err\n")).toBe(true);
    expect(text.replace("err\n", "") === `${sent.join("")} end\n`).toBe(true); // too long to be shown
  });

  test("carries a terminal, and what is asked for alone", async () => {
    const id = await start("-i", "-t", "busybox", "sh", "-c", "read line; echo got $line");
    const [deaf, whole] = [open(id, "stream=1&stderr=1"), open(id)];
    const both = Promise.all([received(deaf), received(whole)]);
    await Promise.all([once(deaf, "open"), once(whole, "open")]);
    whole.send(Buffer.from("word\r"));
    const [nothing, everything] = await both;
    expect(nothing.text).toBe("");
    expect(everything.text).toBe("word\r\ngot word\r\n");
  });

  test("can be closed by its client, and the container goes on", async () => {
    const id = await start("-i", "busybox", "cat");
    const socket = open(id);
    const all = received(socket);
    await once(socket, "open");
    socket.send("once\n");
    await once(socket, "message");
    socket.close();
    expect(await all).toEqual({ text: "once\n", code: 1000 });
    expect((await dockerd.docker(["inspect", "-f", "{{.State.Running}}", id])).stdout).toBe("true\n");
    expect((await dockerd.docker(["kill", id])).status).toBe(0);
  });

  test.each([
    ["no such container", "none", {}, 404, "No such container: none"],
    ["no WebSocket", "", { "Sec-WebSocket-Version": "8" }, 400, "not websocket protocol"],
    ["a page of somebody else's", "", { Origin: "http://evil.example" }, 403, "may not attach"],
  ])("is not to be had for %s", async (_, name, headers, status, message) => {
    const id = name || (await start("busybox", "sleep", "60"));
    const path = `/v1.40/containers/${id}/attach/ws?${ALL}`;
    const all = {
      Connection: "Upgrade",
      Upgrade: "websocket",
      "Sec-WebSocket-Version": "13",
      "Sec-WebSocket-Key": KEY,
      ...headers,
    };
    const sent = request({ port, host: "127.0.0.1", path, headers: all }).end();
    const [answer] = await once(sent, "response");
    answer.setEncoding("utf8");
    expect(answer.statusCode).toBe(status);
    expect((await once(answer, "data"))[0]).toContain(message);
  });

  test("is ended by a client that does not mask what it sends, and answers pings", async () => {
    const id = await start("-i", "busybox", "cat");
    const socket = connect(port, "127.0.0.1");
    const headers = [
      "Host: x",
      "Connection: Upgrade",
      "Upgrade: websocket",
      "Sec-WebSocket-Version: 13",
      `Sec-WebSocket-Key: ${KEY}`,
    ];
    socket.write(`GET /containers/${id}/attach/ws?${ALL} HTTP/1.1\r\n${headers.join("\r\n")}\r\n\r\n`);
    const head = String((await once(socket, "data"))[0]);
    expect(head).toContain("HTTP/1.1 101 ");
    expect(head).toContain("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"); // RFC 6455, section 1.3
    socket.write(Buffer.from([0x89, 0x82, 0, 0, 0, 0, 0x68, 0x69]));
    expect((await once(socket, "data"))[0]).toEqual(Buffer.from([0x8a, 2, 0x68, 0x69]));
    socket.write(Buffer.from([0x82, 1, 0x61]));
    expect((await once(socket, "data"))[0]).toEqual(Buffer.from([0x88, 2, 0x03, 0xea]));
    await once(socket, "close");
  });
});
