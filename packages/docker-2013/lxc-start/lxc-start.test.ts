/** lxc-start as a program, seen from outside: what it makes of a configuration, asked of the kernel. */
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { readMountinfo } from "@eras/linux/mountinfo.ts";
import { NAMESPACE_FLAGS, type NamespaceKind, namespaceId } from "@eras/linux/namespaces.ts";
import { childrenOf } from "@eras/linux/proc.ts";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { cgroupsOf, type Running, run, TestContainer } from "./test-container.ts";

let container: TestContainer;
/** Where the host has something mounted in the container's directory: elsewhere, other tests mount what they like. */
const hostMounts = () =>
  readMountinfo()
    .map(({ mountPoint }) => mountPoint)
    .filter((mountPoint) => mountPoint.startsWith(container.dir));

/** Ends what a failed test has left waiting, so that the next ones can have its name. */
let endWaiting: (() => Promise<void>) | undefined;

beforeAll(() => {
  container = new TestContainer();
});
afterEach(async () => {
  await endWaiting?.();
  expect(cgroupsOf(container.name)).toEqual([]);
});
afterAll(() => {
  expect(hostMounts()).toEqual([]);
  container.remove();
});

/** What a script prints inside, errors too. */
async function out(script: string, lines: readonly string[] = []): Promise<string> {
  const { stdout, stderr } = await container.sh(script, lines);
  return `${stdout}${stderr}`.trim();
}

/** A container that waits until its stdin is closed. */
async function waiting(lines: readonly string[] = []): Promise<Running & { initPid: number; end(): Promise<void> }> {
  const running = container.start(lines, ["/bin/sh", "-c", "echo ready; cat"], { stdio: ["pipe", "pipe", "pipe"] });
  await running.printed("ready");
  const [initPid] = childrenOf(running.child.pid);
  const end = async () => {
    endWaiting = undefined;
    running.child.stdin!.end();
    await running.result;
  };
  endWaiting = end;
  return { ...running, initPid: initPid!, end };
}

describe("namespaces", () => {
  test("are new for mounts, host name, IPC and processes, and the host's for the rest", async () => {
    const { initPid, child, end } = await waiting();
    const kinds = Object.keys(NAMESPACE_FLAGS) as NamespaceKind[];
    const isOwn = (pid: number) => kinds.filter((kind) => namespaceId(pid, kind) !== namespaceId("self", kind));
    expect(isOwn(initPid).toSorted()).toEqual(["ipc", "mnt", "pid", "uts"]);
    expect(isOwn(child.pid)).toEqual([]);
    await end();
  });

  test("make the program process 1, alone", async () => {
    expect(await out("echo $$; ls -d /proc/[0-9]*")).toBe("1\n/proc/1");
  });

  test("have a host name of their own", async () => {
    const before = hostname();
    expect(await out("hostname")).toBe("inside");
    expect(hostname()).toBe(before);
  });
});

describe("the root", () => {
  test("is the rootfs, and nothing of the host's is left", async () => {
    expect(await out("ls /")).toBe("bin\ndev\netc\nproc\nsys\ntmp");
    const places = (await out("cut -d' ' -f5 /proc/self/mountinfo")).split("\n");
    expect(places).toEqual(["/", "/dev", "/proc"]);
    expect(await out("ls -d /../../bin/busybox; ls /proc/1/root")).toContain("bin\ndev");
  });

  test("shows none of its mounts on the host", async () => {
    const { end } = await waiting();
    expect(hostMounts()).toEqual([]);
    await end();
  });

  test("is the host's where none is configured", async () => {
    const config = join(container.dir, "rootless.lxc");
    writeFileSync(config, "lxc.utsname = rootless\n");
    const { stdout } = await run(["-n", container.name, "-f", config, "--", "/bin/sh", "-c", "hostname; echo $$"])
      .result;
    expect(stdout).toBe("rootless\n1\n");
  });

  test("may be mounted elsewhere first", async () => {
    const place = join(container.dir, "place");
    mkdirSync(place);
    expect(await out("ls -d /bin", [`lxc.rootfs.mount = ${place}`])).toBe("/bin");
  });
});

describe("mount entries", () => {
  test("name their target from the container's root, or by its path on the host", async () => {
    const lines = [
      "lxc.mount.entry = tmpfs tmp tmpfs size=64k 0 0",
      `lxc.mount.entry = sysfs ${container.rootfs}/sys sysfs nosuid,nodev,noexec 0 0`,
    ];
    expect(await out("grep -c '^tmpfs /tmp tmpfs' /proc/mounts; ls -d /sys/kernel", lines)).toBe("1\n/sys/kernel");
  });

  test("bind a file read-only, and make the place for it", async () => {
    const script = "cat /etc/made/hosts; echo x > /etc/made/hosts";
    const { stdout, stderr } = await container.sh(script, [
      "lxc.mount.entry = /etc/hosts etc/made/hosts none bind,ro 0 0",
    ]);
    expect(stdout).toBe(readFileSync("/etc/hosts", "utf8"));
    expect(stderr).toContain("Read-only file system");
  });

  test("stay inside where the image has a symbolic link that leads out", async () => {
    const trap = join(container.dir, "trap");
    mkdirSync(trap);
    symlinkSync(trap, join(container.rootfs, "link"));
    const mounted = await out("cut -d' ' -f5 /proc/self/mountinfo", [
      "lxc.mount.entry = tmpfs link/x tmpfs defaults 0 0",
    ]);
    expect(mounted.split("\n")).toContain(`${trap}/x`);
    expect(existsSync(join(trap, "x"))).toBe(false);
    expect(existsSync(join(container.rootfs, trap, "x"))).toBe(true);
  });

  test("are refused outside of the root", async () => {
    const { code, stderr } = await container.sh("true", ["lxc.mount.entry = tmpfs /etc tmpfs defaults 0 0"]);
    expect([code, stderr]).toEqual([255, `lxc-start: Cannot mount on /etc: it is outside of ${container.rootfs}\n`]);
  });

  test("are named when they fail", async () => {
    const { code, stderr } = await container.sh("true", ["lxc.mount.entry = x tmp nosuchfs defaults 0 0"]);
    expect([code, stderr]).toEqual([255, "lxc-start: Cannot mount x on tmp of the container: ENODEV\n"]);
  });
});

describe("/dev", () => {
  test("is made where the image has none", async () => {
    expect(await out("ls /dev; echo x > /dev/null; head -c 2 /dev/zero | wc -c")).toBe(
      "fd\nfull\nnull\nrandom\nstderr\nstdin\nstdout\ntty\nurandom\nzero\n2",
    );
  });

  test("is the image's where lxc.autodev says so", async () => {
    writeFileSync(join(container.rootfs, "dev/mine"), "");
    expect(await out("ls /dev", ["lxc.autodev = 0"])).toBe("mine");
  });

  test("has pseudoterminals of its own", async () => {
    const lines = ["lxc.pts = 7"];
    const script = "ls -l /dev/ptmx; exec 5<>/dev/ptmx; ls /dev/pts";
    expect(await out(script, lines)).toMatch(/ -> pts\/ptmx\n0\nptmx$/);
    const mounted = ["lxc.mount.entry = devpts dev/pts devpts newinstance,ptmxmode=0666,nosuid,noexec 0 0", ...lines];
    expect(await out("grep -c devpts /proc/mounts; ls -l /dev/ptmx", mounted)).toMatch(/^1\n.*pts\/ptmx$/);
  });

  test("has terminals of lxc-start", async () => {
    expect(await out("ls /dev/tty*; stty -F /dev/tty2 | head -n 1", ["lxc.tty = 2"])).toBe(
      "/dev/tty\n/dev/tty1\n/dev/tty2\nspeed 38400 baud; line = 0;",
    );
    const inDirectory = await out("ls -l /dev/tty1; ls /dev/lxc", ["lxc.tty = 1", "lxc.devttydir = lxc"]);
    expect(inDirectory).toMatch(/tty1 -> lxc\/tty1\ntty1$/);
  });

  test("carries a console to a file", async () => {
    const file = join(container.dir, "console.log");
    await container.sh("echo to the console > /dev/console", [`lxc.console = ${file}`]);
    expect(readFileSync(file, "utf8")).toBe("to the console\r\n");
  });
});
