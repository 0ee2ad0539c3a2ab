import { spawn } from "node:child_process";
import { closeSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bindDatagram, receiveDatagram, sendDatagram } from "@eras/linux/unix-datagram.ts";
import { describe, expect, onTestFinished, test } from "vitest";
import {
  forwardReady,
  forwardReadyIfCome,
  makeNotifyDirectory,
  type NotifySocket,
  notifySocketOf,
  openNotifySocket,
  withNotifySocket,
} from "./notify-socket.ts";

describe("withNotifySocket()", () => {
  test("mounts the directory and names the socket", () => {
    const process = { args: ["sh"], cwd: "/", env: ["A=1"] };
    const spec = { ociVersion: "1.2.0", process, mounts: [{ destination: "/proc" }] };
    expect(withNotifySocket(spec, notifySocketOf("/run/systemd/notify", "/run/runc/web")!)).toEqual({
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
  /** Ours. */
  readonly fd: number;
  /** As the container sends. */
  readonly path: string;
}

/** @param host - The manager's address; a file of a new directory if left out. */
function scene(host?: string): Scene {
  const dir = mkdtempSync(join(tmpdir(), "notify-"));
  const socket = notifySocketOf(host ?? join(dir, "host.sock"), dir)!;
  makeNotifyDirectory(socket);
  const [hostFd, fd] = [bindDatagram(socket.host), openNotifySocket(socket)];
  onTestFinished(() => {
    closeSync(hostFd);
    closeSync(fd);
    rmSync(dir, { recursive: true });
  });
  return { socket, host: hostFd, fd, path: join(dir, "notify/notify.sock") };
}

describe("openNotifySocket()", () => {
  test("lets any user of the container write", () => {
    expect(statSync(scene().path).mode & 0o777).toBe(0o777);
  });
});

describe("forwardReady()", () => {
  test("tells the manager of READY= alone, and then what to watch", () => {
    const { socket, host, fd, path } = scene();
    for (const message of ["STATUS=starting", "STATUS=up\nREADY=1\nMAINPID=1", "READY=2"]) sendDatagram(path, message);
    forwardReady(fd, socket, process.pid);
    expect([receiveDatagram(host), receiveDatagram(host)]).toEqual(["READY=1\n", `MAINPID=${process.pid}\n`]);
  });

  test("ends with the container", () => {
    const { socket, fd } = scene();
    const { pid } = spawn("sleep", ["0.1"]);
    forwardReady(fd, socket, pid!);
  });

  test("reaches a manager in the abstract namespace", () => {
    const { socket, host, fd, path } = scene(`@docker-eras-notify-${process.pid}`);
    sendDatagram(path, "READY=1");
    forwardReady(fd, socket, process.pid);
    expect(receiveDatagram(host)).toBe("READY=1\n");
  });
});

describe("forwardReadyIfCome()", () => {
  test("does not wait", () => {
    const { socket, host, fd, path } = scene();
    expect(forwardReadyIfCome(fd, socket, 7)).toBe(false);
    sendDatagram(path, "READY=1");
    expect(forwardReadyIfCome(fd, socket, 7)).toBe(true);
    expect([receiveDatagram(host), receiveDatagram(host)]).toEqual(["READY=1\n", "MAINPID=7\n"]);
  });
});
