/** What reaches the daemon from outside and is not what it expects: it answers in words, keeps running and loses nothing. */
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Docker2013 } from "../harness/docker-2013.ts";
import { leftovers } from "../harness/leftovers.ts";

let docker: Docker2013;
let image: string;
beforeAll(async () => {
  docker = await Docker2013.start();
  image = await docker.putBusybox();
});
afterAll(() => docker.stop());

const MIB = 1024 * 1024;

/** Sends raw bytes, half-closes, and returns all that the daemon answers. */
function send(bytes: Buffer | string, { address = docker.tcp } = {}): Promise<string> {
  const [host, port] = address.split(":");
  return new Promise((resolve) => {
    const socket = connect({ host: host!, port: Number(port), allowHalfOpen: true });
    let answer = "";
    socket.on("data", (chunk) => (answer += chunk.toString("latin1")));
    socket.on("error", () => {}); // a daemon that has heard enough may reset
    socket.on("close", () => resolve(answer));
    socket.on("end", () => socket.end());
    socket.on("connect", () => socket.end(bytes));
  });
}

async function expectUnharmed(): Promise<void> {
  expect((await docker.docker(["images", "-q"])).stdout.trim()).toBe(image);
}

describe("the rcli port", () => {
  const lines: [name: string, bytes: Buffer | string, answer: RegExp][] = [
    ["nothing at all", "", /^(Error: .*\n)?$/],
    ["an empty line", "\n", /^Error: .*JSON list of strings/],
    ["an empty list", "[]\n", /^\n?Usage: docker COMMAND/],
    ["a list with an empty word", '[""]\n', /Usage: docker COMMAND/],
    ["help of nothing", '["help",""]\n', /Usage: docker COMMAND/],
    ["text", "run -a busybox true\n", /^Error: .*JSON list of strings/],
    ["HTTP", "GET / HTTP/1.1\r\nHost: x\r\n\r\n", /^Error: .*JSON list of strings/],
    ["a number", "7\n", /^Error: .*JSON list of strings/],
    ["a list of numbers", "[1,2]\n", /^Error: .*JSON list of strings/],
    ["a list in a list", '[["ps"]]\n', /^Error: .*JSON list of strings/],
    ["an object", '{"0":"ps"}\n', /^Error: .*JSON list of strings/],
    ["bytes that are not UTF-8", Buffer.from([0x5b, 0x22, 0xff, 0xfe, 0x22, 0x5d, 0x0a]), /^Error: No such command/],
    ["a line that never ends", '["ps"', /^Error: /],
    ["an unknown command", '["frobnicate"]\n', /^Error: No such command: frobnicate\n$/],
    ["a method that is no command", '["constructor"]\n', /^Error: No such command: constructor\n$/],
    ["a name of the prototype", '["__proto__"]\n', /^Error: No such command: __proto__\n$/],
    ["an unknown flag", '["run","-z"]\n', /not defined: -z/],
    ["bundled flags", '["run","-it","busybox"]\n', /not defined: -it/],
    ["an argument of a megabyte", `["inspect","${"x".repeat(MIB)}"]\n`, /^Error: No such/],
    ["an argument with a NUL", '["run","-a","busybox","/bin/echo","a\\u0000b"]\n', /Error: /],
    ["a path out of the container", '["cat","00000000","../../../../etc/shadow"]\n', /^Error: No such container/],
  ];
  for (const [name, bytes, answer] of lines) {
    test(`answers ${name}`, async () => {
      expect(await send(bytes)).toMatch(answer);
      await expectUnharmed();
    });
  }

  test("refuses a line of more than 16 MiB without keeping it", async () => {
    await send(`["inspect","${"x".repeat(17 * MIB)}"]\n`);
    await expectUnharmed();
  });

  test("passes a command line of a megabyte on to the kernel, which says what is wrong", async () => {
    const answer = await send(`["run","-a","busybox","/bin/echo","${"x".repeat(MIB)}"]\n`);
    expect(answer).toMatch(/E2BIG|too long|Error/);
    await expectUnharmed();
  });

  test("survives connections that are reset, and ones that say nothing", async () => {
    const [host, port] = docker.tcp.split(":");
    const silent = connect({ host: host!, port: Number(port) });
    for (let i = 0; i < 50; i++) {
      const socket = connect({ host: host!, port: Number(port) });
      socket.on("error", () => {});
      await new Promise((resolve) => socket.on("connect", resolve));
      socket.write(i % 2 ? '["run","-a","-i","busybox","/bin/cat"]\n' : '["ps"');
      socket.resetAndDestroy();
    }
    await expectUnharmed();
    silent.destroy();
  });

  test("survives 300 random command lines", async () => {
    const commands = [
      "ps",
      "images",
      "inspect",
      "attach",
      "logs",
      "diff",
      "commit",
      "tar",
      "stop",
      "rm",
      "rmi",
      "cp",
      "ls",
      "cat",
    ];
    const word = fc.oneof(
      fc.string(),
      fc.constantFrom("-a", "-i", "--", "-", "-x=", "..", "/", "busybox", "\n", "%s%n"),
    );
    const line = fc
      .tuple(fc.constantFrom(...commands, "", "HELP", "Web"), fc.array(word, { maxLength: 4 }))
      .map(([c, ws]) => [c, ...ws]);
    const harmless = line.filter((words) => !(["rmi", "cp"].includes(words[0]!) && words.includes("busybox")));
    await fc.assert(
      fc.asyncProperty(harmless, async (words) => {
        await send(`${JSON.stringify(words)}\n`);
      }),
      { numRuns: 300 },
    );
    await expectUnharmed();
  });

  test("survives 300 random lines of bytes", async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async (bytes) => {
        await send(Buffer.concat([bytes, Buffer.from("\n")]));
      }),
      { numRuns: 300 },
    );
    await expectUnharmed();
  });
});

describe("the HTTP port", () => {
  const requests: [name: string, request: string, answer: RegExp][] = [
    ["no command", "GET / HTTP/1.0\r\n\r\n", /Error: No such command: \//],
    ["a page of another site", "GET /ps HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n", /403/],
    [
      "a script of another site",
      "GET /ps HTTP/1.1\r\nHost: 127.0.0.1\r\nOrigin: http://evil.example\r\nConnection: close\r\n\r\n",
      /403/,
    ],
    ["an escape that is none", "GET /ps?q=%zz HTTP/1.0\r\n\r\n", /HTTP\/1\.[01] /],
    ["no HTTP", "\0\0\0\0\r\n\r\n", /400/],
  ];
  for (const [name, request, answer] of requests) {
    test(`answers ${name}`, async () => {
      expect(await send(request, { address: docker.http })).toMatch(answer);
      await expectUnharmed();
    });
  }
});

test("nothing of all this is left", async () => {
  const { stdout } = await docker.docker(["ps", "-a", "-q"]);
  const ids = stdout.split("\n").filter(Boolean);
  if (ids.length > 0) await docker.docker(["kill", ...ids]);
  if (ids.length > 0) await docker.docker(["rm", ...ids]);
  expect(leftovers(docker.root, { daemonPid: docker.pid, containers: ids })).toEqual([]);
});

describe("a broken index.json", () => {
  const broken: [name: string, text: (whole: string) => string][] = [
    ["empty", () => ""],
    ["cut off", (whole) => whole.slice(0, whole.length / 2)],
    ["no JSON", () => "images, please"],
    ["another shape", () => '{"ByName":[],"ById":7}'],
    ["null", () => "null"],
  ];
  for (const [name, text] of broken) {
    test(`(${name}) stops the daemon from starting, is named, and stays as it is`, async () => {
      const index = join(docker.root, "images/index.json");
      const whole = readFileSync(index, "utf8");
      await docker.endDaemon("SIGTERM");
      writeFileSync(index, text(whole));
      await expect(docker.startDaemon()).rejects.toThrow(/index\.json/);
      expect(readFileSync(index, "utf8")).toBe(text(whole));
      writeFileSync(index, whole);
      await docker.startDaemon();
      await expectUnharmed();
    });
  }
});

test("a broken config.json of a container is skipped and named in the log; the others are there", async () => {
  const ids: string[] = [];
  for (let i = 0; i < 2; i++) ids.push((await docker.docker(["run", "busybox", "/bin/true"])).stdout.trim());
  await docker.docker(["wait", ...ids]); // its lxc-start would otherwise clean up what is removed here
  await docker.endDaemon("SIGTERM");
  const record = join(docker.root, "containers", ids[0]!, "config.json");
  writeFileSync(record, '{"Id":');
  await docker.startDaemon();
  expect(docker.log).toContain(record);
  const listed = (await docker.docker(["ps", "-a", "-q"])).stdout;
  expect(listed).not.toContain(ids[0]);
  expect(listed).toContain(ids[1]);
  rmSync(join(docker.root, "containers", ids[0]!), { recursive: true });
});

test("a container whose other files a loss of power has emptied is there, and starts in its own root", async () => {
  const { stdout } = await docker.docker(["run", "-c", "gone", "busybox", "ls", "/"]);
  const id = stdout.trim();
  await docker.docker(["wait", id]);
  await docker.endDaemon("SIGKILL");
  for (const name of ["config.lxc", "userdata.json"]) writeFileSync(join(docker.root, "containers", id, name), "");
  await docker.startDaemon();
  expect((await docker.docker(["ps", "-a"])).stdout).toContain(id);
  await docker.docker(["start", id]);
  await docker.docker(["wait", id]);
  expect((await docker.docker(["logs", id])).stdout.split("\n")).not.toContain("usr");
});
