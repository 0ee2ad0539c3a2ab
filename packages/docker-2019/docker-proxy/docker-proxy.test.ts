import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { createSocket, type Socket as UdpSocket } from "node:dgram";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { setTimeout as delay } from "node:timers/promises";
import { afterEach, describe, expect, test } from "vitest";
import { inOwnNetwork } from "../../../test/harness/own-network.ts";
import { udpProxy } from "./udp-proxy.ts";

const OURS = join(import.meta.dirname, "../../../bin/docker-proxy-2019");
const GENUINE = ["/usr/bin/docker-proxy", "/usr/sbin/docker-proxy"].find(existsSync);

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

/** What a program of one test, or its container, is asked to answer with. */
async function container(serve: (client: Socket) => void): Promise<number> {
  const server = createServer({ allowHalfOpen: true }, (client) => serve(client.on("error", () => {}))).listen(
    0,
    "127.0.0.1",
  );
  await once(server, "listening");
  closers.push(() => server.close());
  return (server.address() as AddressInfo).port;
}

/** What comes until the end of that direction. (`text` of node:stream/consumers then closes the other one, too.) */
async function allOf(client: Socket): Promise<string> {
  let said = "";
  client.on("data", (bytes) => (said += bytes));
  await once(client, "end");
  return said;
}

async function freePort(): Promise<number> {
  const server: Server = createServer().listen(0);
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

async function udpSocket(port = 0, address = "127.0.0.1"): Promise<UdpSocket & { port: number }> {
  const socket = createSocket("udp4").bind(port, address);
  await once(socket, "listening");
  closers.push(() => socket.close());
  return Object.assign(socket, { port: socket.address().port });
}

describe.each([
  ["docker-proxy-2019", OURS],
  [`genuine docker-proxy${GENUINE === undefined ? " (is not on this host)" : ""}`, GENUINE],
])("%s", (_name, program) => {
  const its = test.skipIf(program === undefined);

  function start(args: readonly string[]): ChildProcess {
    const proxy = spawn(program!, args, { stdio: ["ignore", "ignore", "pipe", "pipe"] });
    closers.push(() => proxy.kill("SIGKILL"));
    return proxy;
  }

  /** Starts a proxy. @returns What it says on descriptor 3. */
  async function report(proxy: ChildProcess): Promise<string> {
    return await text(proxy.stdio[3] as Readable);
  }

  async function listening(proto: "tcp" | "udp", containerPort: number, hostIp = "127.0.0.1", port?: number) {
    const hostPort = port ?? (await freePort());
    const proxy = start(flags(proto, hostIp, hostPort, containerPort));
    expect(await report(proxy)).toBe("0\n");
    return { hostPort, proxy };
  }

  function flags(proto: string, hostIp: string, hostPort: number, containerPort: number): string[] {
    const host = ["-proto", proto, "-host-ip", hostIp, "-host-port", String(hostPort)];
    return [...host, "-container-ip", "127.0.0.1", "-container-port", String(containerPort)];
  }

  its("passes on the end of one direction, and goes on with the other", async () => {
    const port = await container((client) => {
      void allOf(client).then((request) => client.end(`got ${request.length}`)); // answers when it has heard all
    });
    const { hostPort } = await listening("tcp", port);
    const client = connect({ host: "127.0.0.1", port: hostPort, allowHalfOpen: true });
    client.end("request");
    expect(await allOf(client)).toBe("got 7");
  });

  its("lets a container that has said all still listen", async () => {
    let heard: Promise<string> | undefined;
    const port = await container((client) => {
      heard = allOf(client);
      client.end("banner");
    });
    const { hostPort } = await listening("tcp", port);
    const client = connect({ host: "127.0.0.1", port: hostPort, allowHalfOpen: true });
    expect(await allOf(client)).toBe("banner");
    client.end("still here");
    expect(await heard).toBe("still here");
  });

  its("carries 64 MiB both ways at once, unchanged", async () => {
    const port = await container((client) => client.pipe(client));
    const { hostPort } = await listening("tcp", port);
    const block = randomBytes(1 << 20);
    const client = connect({ host: "127.0.0.1", port: hostPort, allowHalfOpen: true });
    const received = createHash("sha256");
    client.on("data", (bytes) => received.update(bytes));
    const sent = createHash("sha256");
    for (let i = 0; i < 64; i++) {
      sent.update(block);
      if (!client.write(block)) await once(client, "drain");
    }
    client.end();
    await once(client, "end");
    expect(received.digest("hex")).toBe(sent.digest("hex"));
  });

  its("serves many at once", async () => {
    const port = await container((client) => client.pipe(client));
    const { hostPort } = await listening("tcp", port);
    const answers = Array.from({ length: 200 }, (_, i) => {
      const client = connect({ host: "127.0.0.1", port: hostPort, allowHalfOpen: true });
      client.end(`client ${i}`);
      return text(client);
    });
    expect(await Promise.all(answers)).toEqual(answers.map((_, i) => `client ${i}`));
  });

  its("hangs up when there is nobody in the container, and goes on listening", async () => {
    const { hostPort, proxy } = await listening("tcp", await freePort());
    for (let i = 0; i < 3; i++) {
      const client = connect({ host: "127.0.0.1", port: hostPort });
      client.on("error", () => {});
      await once(client, "close");
    }
    expect(proxy.exitCode).toBe(null);
  });

  its("listens for IPv6 on the same port as for IPv4", async () => {
    const port = await container((client) => client.end("hello"));
    const { hostPort } = await listening("tcp", port, "0.0.0.0");
    await listening("tcp", port, "::", hostPort);
    for (const host of ["127.0.0.1", "::1"]) expect(await text(connect({ host, port: hostPort }))).toBe("hello");
  });

  its("gives each client of UDP its own answers", async () => {
    const server = await udpSocket();
    server.on("message", (datagram, { port, address }) => server.send(`re: ${datagram}`, port, address));
    const { hostPort } = await listening("udp", server.port);
    for (const round of [1, 2]) {
      for (const name of ["a", "b"]) {
        const client = await udpSocket();
        client.send(`${name}${round}`, hostPort, "127.0.0.1");
        const [answer, from] = await once(client, "message");
        expect([String(answer), from.port]).toEqual([`re: ${name}${round}`, hostPort]);
      }
    }
  });

  its("carries UDP datagrams of every size", async () => {
    const server = await udpSocket();
    server.on("message", (datagram, { port, address }) => server.send(datagram, port, address));
    const { hostPort } = await listening("udp", server.port);
    const client = await udpSocket();
    for (const size of [1, 1472, 9000, 65_000]) {
      const datagram = randomBytes(size);
      client.send(datagram, hostPort, "127.0.0.1");
      const [answer] = await once(client, "message");
      expect(datagram.equals(answer as Buffer)).toBe(true);
    }
  });

  its("finds a container that listens for UDP later than its client has sent", async () => {
    const port = await freePort();
    const { hostPort } = await listening("udp", port);
    const client = await udpSocket();
    client.send("nobody there", hostPort, "127.0.0.1");
    await new Promise((resolve) => setTimeout(resolve, 100)); // the refusal comes back, which nobody outside the proxy can see
    const server = await udpSocket(port);
    const heard = once(server, "message");
    client.send("now", hostPort, "127.0.0.1");
    expect(String((await heard)[0])).toBe("now");
  });

  its.each(["tcp", "udp"] as const)("says why it can't listen (%s)", async (proto) => {
    const { hostPort } = await listening(proto, 1);
    const second = start(flags(proto, "127.0.0.1", hostPort, 1));
    expect(await report(second)).toBe(`1\nlisten ${proto}4 127.0.0.1:${hostPort}: bind: address already in use`);
    await expect.poll(() => second.exitCode).toBe(1);
    const elsewhere = start(flags(proto, "192.0.2.99", hostPort, 1));
    expect(await report(elsewhere)).toBe(
      `1\nlisten ${proto}4 192.0.2.99:${hostPort}: bind: cannot assign requested address`,
    );
    const impossible = start(flags(proto, "::1", 99_999, 1));
    expect(await report(impossible)).toBe(`1\nlisten ${proto}6 [::1]:99999: bind: invalid argument`);
  });

  its("finds the way to a container that there was none to before", async () => {
    await inOwnNetwork(async () => {
      const [hostPort, containerIp] = [5353, "10.9.9.9"];
      const proxy = start(flags("udp", "127.0.0.1", hostPort, hostPort).with(-3, containerIp));
      await report(proxy);
      const client = await udpSocket();
      client.send("lost", hostPort, "127.0.0.1");
      await delay(200); // it tries
      execFileSync("ip", ["address", "add", `${containerIp}/32`, "dev", "lo"]);
      const server = await udpSocket(hostPort, containerIp);
      const again = setInterval(() => client.send("found", hostPort, "127.0.0.1"), 20);
      const [datagram] = await once(server, "message").finally(() => clearInterval(again));
      expect(`${datagram}`).toBe("found");
    });
  });

  its.each(["SIGINT", "SIGTERM"] as const)("ends on %s, with its connections", async (signal) => {
    const port = await container((client) => client.write("hello"));
    const { hostPort, proxy } = await listening("tcp", port);
    const client = connect({ host: "127.0.0.1", port: hostPort }).on("error", () => {});
    await once(client, "data");
    proxy.kill(signal);
    const [[status]] = await Promise.all([once(proxy, "exit"), once(client, "close")]);
    expect(status).toBe(0);
  });

  its("shows in ps under its name, with its flags", async () => {
    const { hostPort, proxy } = await listening("tcp", 80, "0.0.0.0");
    const words = readFileSync(`/proc/${proxy.pid}/cmdline`, "latin1").split(/[\0 ]+/);
    expect(words[0]).toMatch(/docker-proxy$/);
    expect(words.slice(1, 11)).toEqual(flags("tcp", "0.0.0.0", hostPort, 80));
    expect(readFileSync(`/proc/${proxy.pid}/comm`, "latin1")).toBe("docker-proxy\n");
  });

  its.each([
    [["-nope"], 2, "flag provided but not defined: -nope\nUsage of"],
    [["-host-port", "x"], 2, 'invalid value "x" for flag -host-port: parse error\nUsage of'],
    [["--host-ip"], 2, "flag needs an argument: -host-ip\nUsage of"],
    [["-h"], 0, "Usage of"],
    [["-proto=what", "-host-port=1"], 1, "unsupported protocol what"],
  ])("answers %j as the original does", async (args, status, said) => {
    const proxy = start(args);
    const [[exitCode], stderr] = await Promise.all([once(proxy, "exit"), text(proxy.stderr!)]);
    expect(exitCode).toBe(status);
    expect(stderr.replace(/^\d{4}\/\S+ \S+ /, "")).toContain(said);
  });
});

describe("docker-proxy-2019", () => {
  test("passes on a connection that is broken off", async () => {
    const port = await container((client) => client.once("data", () => client.resetAndDestroy()));
    const hostPort = await freePort();
    const flags = ["-host-ip", "127.0.0.1", "-host-port", `${hostPort}`, "-container-ip", "127.0.0.1"];
    const proxy = spawn(OURS, [...flags, "-container-port", `${port}`], { stdio: ["ignore", 2, 2, "pipe"] });
    closers.push(() => proxy.kill("SIGKILL"));
    await text(proxy.stdio[3] as Readable);
    const client = connect({ host: "127.0.0.1", port: hostPort });
    client.write("?");
    const [error] = await once(client, "error");
    expect(error.code).toBe("ECONNRESET");
  });

  test("is not in the way of whoever starts it by hand, without a descriptor 3", async () => {
    const hostPort = await freePort();
    const proxy = spawn(OURS, ["-host-ip", "127.0.0.1", "-host-port", `${hostPort}`], { stdio: "ignore" });
    closers.push(() => proxy.kill("SIGKILL"));
    const reachable = () =>
      new Promise((resolve) => {
        const client = connect({ host: "127.0.0.1", port: hostPort }, () => resolve(true));
        client.on("error", () => resolve(false)).on("connect", () => client.destroy());
      });
    await expect.poll(reachable, { timeout: 10_000 }).toBe(true);
  });
});

describe("udpProxy()", () => {
  test("closes a client's socket when nothing has passed for a while", async () => {
    const senders: number[] = [];
    const server = await udpSocket();
    server.on("message", (_, { port }) => senders.push(port));
    const host = { ip: "127.0.0.1", port: await freePort() };
    const proxy = await udpProxy(host, { ip: "127.0.0.1", port: server.port }, 50);
    closers.push(() => proxy.close());
    const client = await udpSocket();
    const send = async () => {
      const heard = once(server, "message");
      client.send("x", host.port, host.ip);
      await heard;
    };
    await send();
    await send(); // the same session
    await new Promise((resolve) => setTimeout(resolve, 150));
    await send(); // another one
    expect(senders[1]).toBe(senders[0]);
    expect(senders[2]).not.toBe(senders[0]);
  });
});
