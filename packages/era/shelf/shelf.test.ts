import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openImageTar, SHELF_IMAGES, type ShelfImage } from "./shelf.ts";
import { hostBusybox } from "./static-busybox.ts";

let directory: string;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), "docker-eras-shelf-"));
});
afterAll(() => rmSync(directory, { recursive: true }));

const makeTar = async (name: ShelfImage) => Buffer.concat([...(await openImageTar(name))]);

/** Unpacked by GNU tar, so that the archive has a second reader. */
async function unpack(name: ShelfImage): Promise<string> {
  const root = mkdtempSync(join(directory, `${name}-`));
  const { status, stderr } = spawnSync("tar", ["-C", root, "-x"], { input: await makeTar(name), encoding: "utf8" });
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  return root;
}

/** Runs a command of the image with the image as its root, and no variable but PATH. */
function runInside(root: string, command: string): string {
  const env = { PATH: "/usr/sbin:/usr/bin:/sbin:/bin" };
  const { stdout, stderr } = spawnSync("chroot", [root, "sh", "-c", command], { encoding: "utf8", env });
  return stdout + stderr;
}

describe.each(SHELF_IMAGES)("openImageTar(%j)", (name) => {
  test("gives the same bytes each time", async () => {
    const digests = [await makeTar(name), await makeTar(name)].map((tar) =>
      createHash("sha256").update(tar).digest("hex"),
    );
    expect(digests[0]).toBe(digests[1]);
  });

  test("has a shell and the usual commands, which run", async () => {
    expect(runInside(await unpack(name), "echo $(ls /etc/hosts) | sed s/etc/usr/ | tr u U")).toBe("/Usr/hosts\n");
  });

  test("has the devices and directories of 2013", async () => {
    const root = await unpack(name);
    const { rdev, mode } = statSync(join(root, "dev/null"));
    expect({ rdev, mode }).toEqual({ rdev: 0x103, mode: 0o020666 });
    expect(statSync(join(root, "tmp")).mode & 0o7777).toBe(0o1777);
    expect(readFileSync(join(root, "etc/resolv.conf"), "utf8")).toBe("");
    for (const path of ["proc", "sys", "dev/pts", "root"]) expect(statSync(join(root, path)).isDirectory()).toBe(true);
  });
});

describe("image base", () => {
  test("has bash, and knows root and the terminal", async () => {
    const root = await unpack("base");
    expect(runInside(root, "bash -c 'echo $BASH_VERSION'")).toMatch(/^\d+\.\d+/);
    expect(runInside(root, "stat -c %U /bin/bash")).toBe("root\n");
    expect(runInside(root, "TERM=xterm tput cup 1 2")).toBe("\u001b[2;3H");
  });

  test("grants nobody a set-user-ID", async () => {
    expect(runInside(await unpack("base"), "find / -xdev -perm /6000")).toBe("");
  });
});

describe("hostBusybox()", () => {
  test("is undefined when the path has none", () => expect(hostBusybox("/etc:/usr/share")).toBeUndefined());
});
