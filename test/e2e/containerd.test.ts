/** containerd as a daemon: whom it lets in, what it says of itself, and that bad clients don't bring it down. */
import { spawn } from "node:child_process";
import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { connect as connectHttp2, constants } from "node:http2";
import { connect } from "node:net";
import { join } from "node:path";
import { packAny } from "@eras/docker-2019/proto/any.ts";
import { TaskOOMSchema } from "@eras/docker-2019/proto/gen/event-messages_pb.ts";
import { Events } from "@eras/docker-2019/proto/gen/events_pb.ts";
import { AnySchema } from "@eras/docker-2019/proto/gen/google/protobuf/any_pb.ts";
import { Introspection } from "@eras/docker-2019/proto/gen/introspection_pb.ts";
import { Version } from "@eras/docker-2019/proto/gen/version_pb.ts";
import { toBinary } from "@eras/docker-2019/proto/message.ts";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { unpackBusybox } from "../harness/busybox-image.ts";
import { CONTAINERD, Containerd2019 } from "../harness/containerd-2019.ts";
import { newPlace, type Place, removePlace } from "../harness/remains.ts";
import { runProgram } from "../harness/run-program.ts";
import { openFiles } from "../interop/shim-session.ts";

let place: Place;
let containerd: Containerd2019;
beforeEach(async () => {
  place = newPlace();
  writeFileSync(inPlace("quick.toml"), '[plugins."io.containerd.internal.v1.restart"]\ninterval = "50ms"\n');
  containerd = await Containerd2019.start(place.dir, undefined, { config: inPlace("quick.toml") });
});
afterEach(async () => {
  await containerd.stop();
  expect(await removePlace(place)).toEqual([]);
});

const inPlace = (name: string) => join(place.dir, name);

describe("containerd", () => {
  test("lets in root, and nobody else", () => {
    for (const socket of [containerd.socket, `${containerd.socket}.ttrpc`]) {
      const { mode, uid, gid } = statSync(socket);
      expect({ mode: mode & 0o777, uid, gid }).toEqual({ mode: 0o660, uid: 0, gid: 0 });
    }
  });

  test("takes its sockets away when it ends, and replaces those of one that was killed", async () => {
    await containerd.kill();
    expect(existsSync(containerd.socket)).toBe(true);
    await containerd.restart();
    expect((await containerd.ctr(["version"])).status).toBe(0);
    await containerd.stop();
    expect(existsSync(containerd.socket)).toBe(false);
  });

  test("is the only one of its root, and of its socket", async () => {
    const start = (root: string, socket: string) =>
      runProgram(CONTAINERD, ["--root", inPlace(root), "--state", inPlace("other"), "-a", inPlace(socket)]);
    const sameRoot = await start("root", "other.sock");
    expect(sameRoot).toMatchObject({ status: 1, stderr: expect.stringContaining("another containerd does") });
    const sameSocket = await start("other-root", "containerd.sock");
    expect(sameSocket).toMatchObject({ status: 1, stderr: expect.stringContaining("somebody else does") });
    expect((await containerd.ctr(["version"])).status).toBe(0);
  });

  test("keeps its identity", async () => {
    const uuid = async () => (await containerd.client(Introspection).server({})).uuid;
    const before = await uuid();
    await containerd.kill();
    await containerd.restart();
    expect(await uuid()).toBe(before);
  });

  test("reads a configuration, and writes one that it reads", async () => {
    writeFileSync(
      inPlace("c.toml"),
      `root = "${inPlace("r2")}"\n[grpc]\naddress = "/a"\n[cgroup]\npath = "/c"\n[plugins.linux]\nshim = "x"\n`,
    );
    const dump = await runProgram(CONTAINERD, ["--config", inPlace("c.toml"), "--log-level", "warn", "config", "dump"]);
    expect(dump.stdout).toContain(`root = "${inPlace("r2")}"`);
    expect(dump.stdout).toMatch(/\[cgroup\]\npath = "\/c"/);
    expect(dump.stdout).toMatch(/address = "\/a"[\s\S]*level = "warning"/);
    writeFileSync(inPlace("d.toml"), dump.stdout);
    const again = await runProgram(CONTAINERD, ["--config", inPlace("d.toml"), "config", "dump"]);
    expect(again.stdout).toBe(dump.stdout);
  });

  test("runs the program of a container's hook, with the container's words", async () => {
    writeFileSync(inPlace("config.json"), JSON.stringify({ root: { path: "rootfs" } }));
    const state = { id: "web", pid: 5, status: "created", bundle: place.dir, annotations: { "a.b": "c" } };
    const hook = [
      "oci-hook",
      "--",
      "/bin/echo",
      "-{{id}}",
      "{{ pid }}{{status}}",
      "{{rootfs}}",
      '{{annotation "a.b"}}',
    ];
    const told = { stdout: `-web 5created ${inPlace("rootfs")} c\n`, stderr: "", status: 0 };
    expect(await runProgram(CONTAINERD, hook, { input: JSON.stringify(state) })).toEqual(told);
    const wrong = await runProgram(CONTAINERD, ["oci-hook", "/bin/echo", "{{x}}"], { input: JSON.stringify(state) });
    expect(wrong).toMatchObject({
      status: 1,
      stderr: expect.stringContaining("Cannot use {{x}} in a hook: use id, pid"),
    });
  });

  test.each([
    { words: ["--config", "/nosuch.toml"], text: "Cannot read the configuration /nosuch.toml" },
    { words: ["--log-level", "loud"], text: 'Cannot log at level "loud"' },
    { words: ["--nosuch"], text: "unknown option '--nosuch'" },
    { words: ["nosuch"], text: "too many arguments" },
  ])("says what is wrong with $words", async ({ words, text }) => {
    const { status, stderr } = await runProgram(CONTAINERD, words);
    expect(status).toBe(1);
    expect(stderr).toContain(text);
  });

  test("is told of events by its own program, as shims of 1.2 did it", async () => {
    const events = containerd.client(Events).subscribe({ filters: ['topic=="/tasks/oom"'] });
    const first = events.next();
    await containerd.client(Version).version({}); // by now it listens
    const any = toBinary(AnySchema, packAny(TaskOOMSchema, { containerId: "web" }));
    const words = ["-a", containerd.socket, "publish", "--topic", "/tasks/oom", "--namespace", "default"];
    expect(await runProgram(CONTAINERD, words, { input: any })).toEqual({ stdout: "", stderr: "", status: 0 });
    const { value } = await first;
    expect(value).toMatchObject({ topic: "/tasks/oom", namespace: "default" });
    await events.return();
  });
});

/** Runs a container, and doesn't wait for it. */
async function runWeb(...command: string[]): Promise<void> {
  unpackBusybox(inPlace("rootfs"));
  const words = ["--runtime", "io.containerd.eras.v2", "--cgroup", `/${place.cgroupParent}/web`, "--rootfs"];
  await containerd.ctr(["run", "-d", ...words, inPlace("rootfs"), "web", ...command]);
}

test("containerd keeps a task as its container's label says", async () => {
  await runWeb("/bin/sh", "-c", "echo begun; exec sleep 1000");
  const statusAndPid = async () => /web +(\d+) +(\S+)/.exec((await containerd.ctr(["tasks", "ls"])).stdout)?.slice(1);
  const [pid] = (await statusAndPid())!;
  const label = (...labels: string[]) => containerd.ctr(["containers", "label", "web", ...labels]);
  await label(`containerd.io/restart.logpath=${inPlace("log/web")}`, "containerd.io/restart.status=running");
  await containerd.ctr(["tasks", "kill", "-s", "KILL", "web"]);
  await expect.poll(statusAndPid, { timeout: 20_000 }).toEqual([expect.not.stringMatching(`^${pid}$`), "RUNNING"]);
  await expect.poll(() => readFileSync(inPlace("log/web"), "utf8")).toBe("begun\n");
  await label("containerd.io/restart.status=stopped");
  await expect.poll(statusAndPid, { timeout: 20_000 }).toBeUndefined();
});

test("containerd shows what a shim logs, and has nothing of it open when it is gone", async () => {
  await runWeb("/bin/sleep", "1000");
  writeFileSync(join(containerd.bundle("web"), "log"), "from the shim\n"); // its standard error is this FIFO
  await expect.poll(() => containerd.log).toContain("from the shim\n");
  await containerd.ctr(["tasks", "delete", "--force", "web"]);
  await expect.poll(() => openFiles(containerd.pid).filter((path) => path.includes("web/log"))).toEqual([]);
});

describe("a bad client", () => {
  /** The daemon, which answers as before and has not grown by more than a few megabytes. */
  async function isWell(before: number): Promise<void> {
    expect((await containerd.ctr(["version"])).status).toBe(0);
    expect(await residentBytes()).toBeLessThan(before + (64 << 20));
  }

  async function residentBytes(): Promise<number> {
    const status = readFileSync(`/proc/${containerd.pid}/status`, "utf8");
    return Number(/VmRSS:\s+(\d+) kB/.exec(status)![1]) * 1024;
  }

  const request = (path: string) => ({
    [constants.HTTP2_HEADER_METHOD]: "POST",
    [constants.HTTP2_HEADER_PATH]: path,
    "content-type": "application/grpc",
    te: "trailers",
    "containerd-namespace": "default",
  });
  const GET = "/containerd.services.containers.v1.Containers/Get";

  /** Sends one body, as it is. @returns The status of gRPC. */
  function send(path: string, body: Buffer): Promise<string | undefined> {
    const session = connectHttp2("http://localhost", { createConnection: () => connect(containerd.socket) });
    return new Promise((resolve) => {
      let status: string | undefined;
      const stream = session.request(request(path));
      stream.on("response", (headers) => (status = headers["grpc-status"] as string | undefined));
      stream.on("trailers", (trailers) => (status ??= trailers["grpc-status"] as string | undefined));
      stream
        .on("error", () => {})
        .on("close", () => {
          session.close();
          resolve(status);
        });
      stream.resume().end(body);
    });
  }

  function framed(message: Buffer, length = message.length): Buffer {
    const head = Buffer.alloc(5);
    head.writeUInt32BE(length, 1);
    return Buffer.concat([head, message]);
  }

  test("that sends what is no protobuf is told so", async () => {
    const before = await residentBytes();
    const garbage = Array.from({ length: 50 }, (_, i) => Buffer.alloc(100, (i * 37) & 0xff));
    for (const bytes of garbage) expect(await send(GET, framed(bytes))).not.toBe("0");
    expect(await send("/no.such.Service/Method", framed(Buffer.alloc(0)))).toBe("12");
    await isWell(before);
  });

  test("that announces or sends huge messages is refused", async () => {
    const before = await residentBytes();
    for (let i = 0; i < 5; i++) expect(await send(GET, framed(Buffer.alloc(17 << 20)))).not.toBe("0");
    await send(GET, framed(Buffer.alloc(10), 0xffff_fff0));
    await isWell(before);
  });

  test("that opens a thousand streams and leaves them is forgotten", async () => {
    const before = await residentBytes();
    for (let round = 0; round < 5; round++) {
      const session = connectHttp2("http://localhost", { createConnection: () => connect(containerd.socket) });
      for (let i = 0; i < 1000; i++) session.request(request(GET)).on("error", () => {});
      await new Promise((resolve) => session.ping(resolve));
      session.destroy();
    }
    await isWell(before);
  });

  test("that talks anything but HTTP/2, or ttrpc, is dropped", async () => {
    const before = await residentBytes();
    for (const socket of [containerd.socket, `${containerd.socket}.ttrpc`]) {
      for (let i = 0; i < 20; i++) {
        const client = connect(socket);
        client.on("error", () => {}).resume();
        client.end(Buffer.alloc(10_000, i + 1));
        await new Promise((resolve) => client.on("close", resolve));
      }
    }
    await isWell(before);
  });
});

describe("containerd with --metrics-address", () => {
  test("tells Prometheus of its calls, on /v1/metrics alone", async () => {
    const address = "127.0.0.1:18642";
    const words = [
      "--root",
      inPlace("m"),
      "--state",
      inPlace("ms"),
      "-a",
      inPlace("m.sock"),
      "--metrics-address",
      address,
    ];
    const daemon = spawn(CONTAINERD, words, { stdio: ["ignore", "ignore", "pipe"] });
    try {
      for await (const piece of daemon.stderr) if (String(piece).includes("successfully booted")) break;
      await runProgram("ctr", ["-a", inPlace("m.sock"), "namespaces", "ls"]);
      const text = await (await fetch(`http://${address}/v1/metrics`)).text();
      expect(text).toMatch(/^containerd_build_info_total\{version="1\.2\.6\+docker-eras/m);
      expect(text).toMatch(/grpc_server_handled_total\{.*Namespaces",grpc_method="List",grpc_code="OK"\} 1$/m);
      expect(text).toMatch(/grpc_server_msg_sent_total\{.*Namespaces",grpc_method="List"\} 1$/m);
      expect((await fetch(`http://${address}/`)).status).toBe(404);
    } finally {
      daemon.kill();
      await new Promise((resolve) => daemon.on("exit", resolve));
    }
  });
});
