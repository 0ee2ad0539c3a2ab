/** What a container may not do: capabilities, devices, memory, system calls, and being root of the host. */
import { execFileSync, spawnSync } from "node:child_process";
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { cgroupMode } from "@eras/cgroups/detect.ts";
import { capabilitySet, getBoundingSet } from "@eras/linux/capabilities.ts";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { cgroupsOf, TestContainer } from "./test-container.ts";

let container: TestContainer;
beforeAll(() => {
  container = new TestContainer();
});
afterEach(() => expect(cgroupsOf(container.name)).toEqual([]));
afterAll(() => container.remove());

/** The capabilities that Docker of January 2013 took away. */
const DROPPED =
  "audit_control audit_write mac_admin mac_override mknod net_raw setfcap setpcap sys_admin sys_boot sys_module sys_nice " +
  "sys_pacct sys_rawio sys_resource sys_time sys_tty_config";

/** The devices that it left. */
const DEVICES = ["1:3", "1:5", "5:1", "5:0", "4:0", "4:1", "1:9", "1:8", "136:*", "5:2", "10:200"];
const DEVICE_LINES = [
  "lxc.cgroup.devices.deny = a",
  ...DEVICES.map((device) => `lxc.cgroup.devices.allow = c ${device} rwm`),
];

/** What a script prints inside, errors too. */
async function out(script: string, lines: readonly string[] = []): Promise<string> {
  const { stdout, stderr } = await container.sh(script, lines);
  return `${stdout}${stderr}`.trim();
}

/** A set of capabilities of a process inside: `Bnd`, `Prm`, `Eff`, `Inh`, `Amb`. */
async function capabilities(set: string, lines: readonly string[]): Promise<bigint> {
  const [, mask] = /:\s*([0-9a-f]+)/.exec(await out(`grep Cap${set} /proc/self/status`, lines))!;
  return BigInt(`0x${mask}`);
}

describe("lxc.cap.drop", () => {
  const lines = [`lxc.cap.drop = ${DROPPED}`];

  test.each(["Bnd", "Prm", "Eff"])("takes capabilities out of the set %s", async (set) => {
    const rest = getBoundingSet() & ~capabilitySet(DROPPED.split(" "));
    expect(await capabilities(set, lines)).toBe(rest);
  });

  test.each(["Inh", "Amb"])("leaves the set %s empty, which would get around it", async (set) => {
    expect(await capabilities(set, lines)).toBe(0n);
  });

  test("means that root inside can't mount or make devices", async () => {
    expect(await out("mount -t tmpfs x /tmp; mknod /tmp/null c 1 3", lines)).toMatch(
      /^mount: .*(denied|not permitted).*\nmknod: .*not permitted$/,
    );
  });
});

test("lxc.cap.keep takes away all others", async () => {
  expect(await capabilities("Bnd", ["lxc.cap.keep = chown kill"])).toBe(capabilitySet(["chown", "kill"]));
});

describe("lxc.cgroup", () => {
  test("denies devices", async () => {
    const script = "mknod /tmp/full c 1 7; head -c 1 /dev/full; head -c 1 /dev/zero | wc -c";
    expect(await out(script, DEVICE_LINES)).toMatch(
      /^1\nmknod: .*not permitted\nhead: \/dev\/full: Operation not permitted$/,
    );
  });

  test("limits memory; the start of the container doesn't count", async () => {
    const lines = ["lxc.cgroup.memory.limit_in_bytes = 8388608"];
    const { code, stdout } = await container.sh("dd if=/dev/zero of=/dev/null bs=20M count=1; echo survived $?", lines);
    expect([code, stdout]).toEqual([0, "survived 137\n"]);
  });

  test("holds the program from its first moment", async () => {
    const { stdout } = await container.sh("cat /proc/1/cgroup");
    const joined = stdout.split("\n").filter((line) => line.endsWith(`/docker-eras-2013/${container.name}`));
    expect(joined.length).toBeGreaterThan(0);
    expect(stdout).toMatch(
      new RegExp(`memory:/docker-eras-2013/${container.name}\n|0::/docker-eras-2013/${container.name}\n`),
    );
  });
});

describe("lxc.id_map", () => {
  const maps = ["lxc.id_map = u 0 100000 65536", "lxc.id_map = g 0 200000 65536"];
  beforeAll(() => execFileSync("chown", ["-hR", "100000:200000", container.rootfs]));
  afterAll(() => execFileSync("chown", ["-hR", "0:0", container.rootfs]));

  test("makes the container's root a user of the host", async () => {
    expect(await out("id -u; id -g; id -G; cat /proc/self/uid_map; touch /made", maps)).toMatch(
      /^0\n0\n0\n +0 +100000 +65536$/,
    );
    expect(statSync(join(container.rootfs, "made"))).toMatchObject({ uid: 100000, gid: 200000 });
  });

  test("makes the other namespaces the user namespace's, with devices, terminals and a network", async () => {
    const lines = [...maps, "lxc.pts = 8", "lxc.tty = 1", "lxc.network.type = empty", "lxc.network.flags = up"];
    const script =
      "hostname; echo $$; echo x > /dev/null; ls /dev/pts; stat -c %u /dev/tty1; ip -o addr show lo; hostname mine; hostname";
    expect(await out(script, lines)).toMatch(/^inside\n1\nptmx\n0\n.*127\.0\.0\.1\/8[\s\S]*mine$/);
  });

  test("gives no power over the host's files", async () => {
    chmodSync(container.dir, 0o755); // root of the container is somebody else, who must find the way
    const secret = join(container.dir, "secret");
    writeFileSync(secret, "secret", { mode: 0o600 });
    const lines = [...maps, `lxc.mount.entry = ${secret} etc/secret none bind 0 0`];
    expect(await out("cat /etc/secret", lines)).toContain("Permission denied");
  });

  test("keeps exit codes, and the end with lxc-start", async () => {
    expect((await container.sh("exit 9", maps)).code).toBe(9);
    const { child, result, printed } = container.start(maps, ["/bin/sh", "-c", "echo ready; sleep 1000"]);
    await printed("ready");
    process.kill(child.pid, "SIGKILL");
    await result; // the streams are open as long as somebody is alive
    expect((await container.sh("true")).code).toBe(0);
  });
});

describe("the host's Node", () => {
  /** What the kernel starts Node with, by the name that is built into it. */
  const loader = process.arch === "arm64" ? "lib/ld-linux-aarch64.so.1" : "lib64/ld-linux-x86-64.so.2";

  beforeAll(() => {
    mkdirSync(join(container.rootfs, dirname(loader)), { recursive: true });
    copyFileSync(join(container.rootfs, "bin/busybox"), join(container.rootfs, loader));
    symlinkSync("/proc/self/exe", join(container.rootfs, "tmp/sh"));
  });

  /** A namespace that makes root root again takes nothing from it. */
  const mappedToItself = ["lxc.id_map = u 0 0 65536", "lxc.id_map = g 0 0 65536"];

  test.each([
    ["host's root", []],
    ["root of a user namespace that is the host's", mappedToItself],
  ])(
    "can't be changed by the %s, in an image with a loader of its own whose program is /proc/self/exe",
    async (_, lines) => {
      const { stderr } = await container.start(lines, ["/tmp/sh", "-c", "chmod 755 /proc/$$/exe"]).result;
      expect(stderr).toBe("chmod: /proc/1/exe: Read-only file system\n");
    },
  );

  test("is no descriptor of the program's", async () => {
    expect(await out("ls /proc/1/fd", mappedToItself)).toBe(await out("ls /proc/1/fd"));
    expect(await out("readlink /proc/1/fd/*")).not.toContain("node");
  });
});

const APPARMOR = "/sys/module/apparmor/parameters/enabled";
const SECURITYFS = "/sys/kernel/security";
const hasAppArmor = existsSync(APPARMOR) && readFileSync(APPARMOR, "utf8").startsWith("Y");

describe.skipIf(!hasAppArmor)("lxc.aa_profile", () => {
  const profile = `lxc-start-test-${process.pid}`;
  const parser = (...args: string[]) =>
    execFileSync("apparmor_parser", args, {
      input: `profile ${profile} flags=(attach_disconnected) { file, unix, deny /tmp/no r, }`,
    });
  const isMounted = existsSync(`${SECURITYFS}/apparmor`);
  beforeAll(() => {
    if (!isMounted) execFileSync("mount", ["-t", "securityfs", "securityfs", SECURITYFS]);
    parser("--add");
  });
  afterAll(() => {
    parser("--remove");
    if (!isMounted) execFileSync("umount", [SECURITYFS]);
  });

  test("confines the program", async () => {
    const script = "cat /proc/self/attr/current; echo x > /tmp/no; cat /tmp/no";
    expect(await out(script, [`lxc.aa_profile = ${profile}`])).toBe(
      `${profile} (enforce)\ncat: can't open '/tmp/no': Permission denied`,
    );
  });

  test("may be unconfined", async () => {
    expect(await out("cat /proc/self/attr/current", ["lxc.aa_profile = unconfined"])).toBe("unconfined");
  });
});

// Where all control groups are v2, genuine LXC passes over `lxc.cgroup` and its devices.
const isComparable = existsSync("/usr/bin/lxc-start") && cgroupMode() !== "v2";

test.skipIf(!isComparable)("a container has the privileges that genuine LXC gives it", async () => {
  const script =
    "grep Cap /proc/self/status; mount -t tmpfs x /tmp; head -c 1 /dev/full; cat /dev/zero | head -c 1 | wc -c";
  const lines = [...DEVICE_LINES, `lxc.cap.drop = ${DROPPED}`];
  const config = join(container.dir, "genuine.lxc");
  const renamed = container.base.map((line) =>
    line
      .replace("lxc.utsname", "lxc.uts.name")
      .replace("lxc.rootfs =", "lxc.rootfs.path =")
      .replace("lxc.console", "lxc.console.path"),
  );
  writeFileSync(config, [...renamed, "lxc.net.0.type = none", ...lines, ""].join("\n"));
  const args = ["-F", "-n", container.name, "-P", container.dir, "-f", config, "--", "/bin/sh", "-c", script];
  const oracle = spawnSync("lxc-start", args, { encoding: "utf8" });
  const ours = await container.sh(script, lines);
  expect(ours.stdout).toBe(oracle.stdout);
  expect(ours.stderr).toBe(oracle.stderr);
});
