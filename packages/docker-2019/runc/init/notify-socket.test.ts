import { spawn, spawnSync } from "node:child_process";
import { closeSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { POLLIN, poll } from "@eras/linux/poll.ts";
import { bindDatagram, receiveDatagram, sendDatagram } from "@eras/linux/unix-datagram.ts";
import type { Spec } from "@eras/oci-spec/runtime/config.ts";
import { describe, expect, onTestFinished, test } from "vitest";
import { GENUINE, missing, OURS, runtime } from "../testsuite/on-bundle.ts";
import { NotifySocket } from "./notify-socket.ts";

describe("configure()", () => {
  test("mounts the directory and names the socket", () => {
    const process = { args: ["sh"], cwd: "/", env: ["A=1"] };
    const spec = { ociVersion: "1.2.0", process, mounts: [{ destination: "/proc" }] };
    expect(new NotifySocket("/run/systemd/notify", "/run/runc/web").configure(spec)).toEqual({
      ociVersion: "1.2.0",
      process: { ...process, env: ["A=1", "NOTIFY_SOCKET=/run/notify/notify.sock"] },
      mounts: [
        { destination: "/proc" },
        {
          destination: "/run/notify",
          source: "/run/runc/web/notify",
          options: ["bind", "nosuid", "noexec", "nodev", "ro"],
        },
      ],
    });
  });
});

interface Scene {
  readonly socket: NotifySocket;
  /** The service manager's. */
  readonly host: number;
  /** As the container sends. */
  readonly path: string;
}

/** @param address - The manager's; a file of a new directory if left out. */
function scene(address?: string): Scene {
  const dir = mkdtempSync(join(tmpdir(), "notify-"));
  const hostAddress = address ?? join(dir, "host.sock");
  const host = bindDatagram(hostAddress);
  const socket = new NotifySocket(hostAddress, dir);
  socket.makeDirectory();
  socket.listen();
  onTestFinished(() => {
    closeSync(host);
    rmSync(dir, { recursive: true });
  });
  return { socket, host, path: join(dir, "notify/notify.sock") };
}

describe("listen()", () => {
  test("lets any user of the container write", () => {
    expect(statSync(scene().path).mode & 0o777).toBe(0o777);
  });
});

describe("forwardReady()", () => {
  test("tells the manager of READY= alone, and then what to watch", () => {
    const { socket, host, path } = scene();
    for (const message of ["STATUS=starting", "STATUS=up\nREADY=1\nMAINPID=1", "READY=2"]) sendDatagram(path, message);
    socket.forwardReady(process.pid);
    expect([receiveDatagram(host), receiveDatagram(host)]).toEqual(["READY=1\n", `MAINPID=${process.pid}\n`]);
  });

  test("ends with the container", () => {
    const { socket } = scene();
    const { pid } = spawn("sleep", ["0.1"]);
    socket.forwardReady(pid!);
  });

  test("reaches a manager in the abstract namespace", () => {
    const { socket, host, path } = scene(`@docker-eras-notify-${process.pid}`);
    sendDatagram(path, "READY=1");
    socket.forwardReady(process.pid);
    expect(receiveDatagram(host)).toBe("READY=1\n");
  });
});

describe("forwardMeanwhile()", () => {
  test("tells of what came before the end", () => {
    const { socket, host, path } = scene();
    const stop = socket.forwardMeanwhile(7);
    sendDatagram(path, "READY=1");
    stop();
    expect([receiveDatagram(host), receiveDatagram(host)]).toEqual(["READY=1\n", "MAINPID=7\n"]);
  });
});

/** As sd_notify(3) does it, in the host's Perl: busybox speaks no datagrams to files. */
const PROGRAM = [
  ...["/usr/bin/perl", "-MSocket", "-e"],
  `socket(S, AF_UNIX, SOCK_DGRAM, 0); for ("STATUS=up", "READY=1\\nX=1") { send(S, $_, 0, sockaddr_un($ENV{NOTIFY_SOCKET})) } sleep $ARGV[0]`,
];

function withPerl(seconds: string): (spec: Spec) => Spec {
  const mounts = ["/usr", "/lib", "/lib64"].map((path) => {
    return { destination: path, source: path, type: "bind", options: ["rbind", "ro"] };
  });
  return (spec) => ({
    ...spec,
    process: { ...spec.process!, args: [...PROGRAM, seconds] },
    mounts: [...spec.mounts!, ...mounts],
  });
}

describe.skipIf(missing)(`a container under a service manager${missing ? ` (needs ${missing})` : ""}`, () => {
  /** Runs commands one after the other. @returns What the manager hears, with names for the two processes that it may be told of. */
  function heard(program: string, seconds: string, ...commands: string[][]): string[] {
    const { root, bundle, id, call } = runtime(program, withPerl(seconds));
    const address = join(bundle, "manager.sock");
    const manager = bindDatagram(address);
    const pids = new Map<number, string>();
    for (const command of commands) {
      const words = ["--root", root, ...command, id];
      const env = { PATH: process.env.PATH, NOTIFY_SOCKET: address };
      const { pid, status } = spawnSync(program, words, { cwd: bundle, env, stdio: "ignore", timeout: 20_000 });
      expect(status).toBe(0);
      pids.set(pid, "runc");
    }
    pids.set(JSON.parse(call("state", id).stdout || "{}").pid, "the container");
    const messages: string[] = [];
    while (poll([{ fd: manager, events: POLLIN }], 0)[0]) messages.push(receiveDatagram(manager));
    closeSync(manager);
    return messages.map((text) => text.replace(/(?<=MAINPID=)\d+/, (pid) => pids.get(Number(pid)) ?? pid));
  }

  test.each([
    ["create, start", "the container", "30", [["create"], ["start"]]],
    ["run --detach", "the container", "30", [["run", "--detach"]]],
    ["run", "runc", "0", [["run"]]],
  ])("is reported by %s, and %s is to be watched", (_commands, watched, seconds, commands) => {
    const ours = heard(OURS, seconds, ...commands);
    expect(ours).toEqual(["READY=1\n", `MAINPID=${watched}\n`]);
    expect(ours).toEqual(heard(GENUINE, seconds, ...commands));
  });
});
