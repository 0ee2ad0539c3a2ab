/**
 * What was acknowledged is there after a loss of power. The daemon's state is on an ext4 of its own, which is shut down by ioctl(2):
 * from then on nothing reaches its disk, not even what the kernel holds in its caches. A copy of the disk, mounted in its place, is what
 * the machine would find after it, the journal replayed.
 *
 * @see https://man7.org/linux/man-pages/man5/ext4.5.html
 */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findLxcStarts } from "@eras/docker-2013/dockerd/ghosts.ts";
import { MNT_DETACH, umount } from "@eras/linux/mount.ts";
import { readMountinfo } from "@eras/linux/mountinfo.ts";
import { processExists } from "@eras/linux/proc.ts";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { busyboxTar, Docker2013 } from "../harness/docker-2013.ts";

const DISK_BYTES = 256 * 1024 ** 2;
/** EXT4_IOC_SHUTDOWN with EXT4_GOING_FLAGS_NOLOGFLUSH, in the one language of Debian's essential packages that has ioctl. */
const SHUT_DOWN =
  'my $flags = pack("L", 2); open(my $root, "<", $ARGV[0]) or die; ioctl($root, 0x8004587d, $flags) or die $!';
const hasLoopDevices = existsSync("/dev/loop-control");

let dir: string;
let disk: string;
const image = () => join(dir, "image");
let docker: Docker2013;

beforeEach(async () => {
  if (!hasLoopDevices) return;
  dir = mkdtempSync(join(tmpdir(), "docker-eras-power-"));
  disk = join(dir, "mount");
  writeFileSync(image(), "");
  truncateSync(image(), DISK_BYTES);
  execFileSync("mkfs.ext4", ["-q", image()]);
  plugIn();
  docker = await Docker2013.start([], disk).catch((error) => {
    umount(disk);
    throw error;
  });
});
afterEach(async () => {
  if (!hasLoopDevices) return;
  await docker.stop().finally(() => umount(disk));
  rmSync(dir, { recursive: true });
});

function plugIn(): void {
  mkdirSync(disk, { recursive: true });
  execFileSync("mount", ["-o", "loop", image(), disk]);
}

/** All processes die with the machine. A new daemon starts on what the disk has. */
async function losePower(): Promise<void> {
  const containers = findLxcStarts(join(docker.root, "containers"));
  execFileSync("perl", ["-e", SHUT_DOWN, disk]);
  await docker.endDaemon("SIGKILL");
  for (const pid of containers.values()) process.kill(pid, "SIGKILL");
  while ([...containers.values()].some(processExists)) await new Promise((resolve) => setTimeout(resolve, 10));
  const mounts = readMountinfo().filter(({ mountPoint }) => mountPoint.startsWith(disk));
  for (const { mountPoint } of mounts.reverse()) umount(mountPoint, MNT_DETACH); // who still looks at the old disk may go on
  execFileSync("mv", [image(), `${image()}.old`]);
  execFileSync("cp", ["--sparse=always", `${image()}.old`, image()]);
  plugIn();
  await docker.startDaemon();
}

const output = async (...args: string[]) => (await docker.docker(args)).stdout;

describe.skipIf(!hasLoopDevices)("after a loss of power", () => {
  test("an image that was put, and one that was committed, are whole", async () => {
    await docker.putBusybox();
    const id = (await output("run", "busybox", "sh", "-c", "rm /bin/wc; seq 200000 > /root/numbers")).trim();
    await output("wait", id);
    expect(await output("commit", id, "numbers")).toMatch(/^numbers:/);
    await losePower();
    expect(await output("run", "-a", "numbers", "sh", "-c", "ls /bin/wc; md5sum < /root/numbers")).toBe(
      await output("run", "-a", "busybox", "sh", "-c", "ls /none/bin/wc; seq 200000 | md5sum").then((expected) =>
        expected.replace("/none", ""),
      ),
    );
  });

  test("a container that was started is known, and starts again", async () => {
    await docker.docker(["put", "busybox"], { input: busyboxTar() });
    const id = (await output("run", "-c", "a comment", "busybox", "sh", "-c", "echo hello")).trim();
    await losePower();
    expect(await output("ps", "-a")).toContain(id);
    expect(readFileSync(join(docker.root, "containers", id, "userdata.json"), "utf8")).toContain("a comment");
    await output("start", id);
    await output("wait", id);
    expect(await output("logs", id)).toContain("hello\n");
  });
});
