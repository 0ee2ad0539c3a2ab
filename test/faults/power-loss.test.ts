/**
 * What was acknowledged is there after a loss of power: the daemon's state is on a disk of its own, which loses what it has not written.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { findLxcStarts } from "@eras/docker-2013/dockerd/ghosts.ts";
import { processExists } from "@eras/linux/proc.ts";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { busyboxTar, Docker2013 } from "../harness/docker-2013.ts";
import { Ext4Disk, hasLoopDevices } from "../harness/ext4-disk.ts";
import { killIfThere } from "../harness/remains.ts";

let disk: Ext4Disk;
let docker: Docker2013;

beforeEach(async () => {
  if (!hasLoopDevices) return;
  disk = new Ext4Disk();
  docker = await Docker2013.start([], disk.path).catch((error) => {
    disk.remove();
    throw error;
  });
});
afterEach(async () => {
  if (!hasLoopDevices) return;
  await docker.stop().finally(() => disk.remove());
});

/** All processes die with the machine. A new daemon starts on what the disk has. */
async function losePower(): Promise<void> {
  const containers = findLxcStarts(join(docker.root, "containers"));
  disk.losePower();
  await docker.endDaemon("SIGKILL");
  for (const pid of containers.values()) killIfThere(pid); // one that prints a line may have ended by now
  while ([...containers.values()].some(processExists)) await new Promise((resolve) => setTimeout(resolve, 10));
  disk.comeBack();
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
