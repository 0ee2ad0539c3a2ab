/** `docker cp` at our dockerd and at the genuine one: the same tars, the same descriptions, the same refusals. */
import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { readMountinfo } from "@eras/linux/mountinfo.ts";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { busyboxImage } from "../harness/busybox-image.ts";
import { Dockerd2019 } from "../harness/dockerd-2019.ts";
import { DockerCliSession, missingForDocker } from "./docker-cli-session.ts";

const missing = missingForDocker("/usr/bin/curl");
const START_MS = 90_000;
const SCRIPT = `mkdir -p /box/dir/sub /box/there; cd /box; echo inside > file; chmod 4755 file; chown 33 file; touch -d @1500000000 file
  echo deep > dir/sub/deep; ln dir/sub/deep dir/hard; ln -s sub/deep dir/link; ln -s file link; ln -s /box/there towards; ln -s nosuch dangling
  touch -d @1500000000 dir/sub dir; mkfifo fifo; sleep 1000`;

describe.skipIf(missing)(`dockerd's archive${missing ? `: ${missing}` : ""}`, () => {
  let session: DockerCliSession;
  let dockerd: Dockerd2019;
  let sockets: readonly string[];
  beforeAll(async () => {
    session = await DockerCliSession.start();
    dockerd = await Dockerd2019.start();
    await dockerd.docker(["load", "-q"], busyboxImage("busybox:latest"));
    const host = join(dockerd.place.dir, "host");
    mkdirSync(host);
    writeFileSync(join(host, "file"), "of the host\n");
    const binds = ["-v", `${host}:/data/host:ro`, "-v", `${host}/file:/data/file`];
    const mounts = ["-v", "named:/data/vol", "-v", "/data/anonymous", "-v", "/absent/path", ...binds];
    const run = ["run", "-d", "--name", "box", "-v", "/vol", "-v", "/etc:/ro:ro", "busybox", "sh", "-c", SCRIPT];
    const create = [
      "create",
      "--name",
      "still",
      "-w",
      "/work/deep",
      "--network",
      "none",
      "--tmpfs",
      "/data/tmpfs",
      ...mounts,
      "busybox",
      "sleep",
      "1000",
    ];
    const closed = [
      "create",
      "--name",
      "closed",
      "--read-only",
      "-v",
      "/vol",
      "busybox",
      "sh",
      "-c",
      "ln -s /etc /vol/out",
    ];
    for (const words of [run, create, closed, ["start", "-a", "closed"]]) {
      expect(await session.genuine(words)).toMatchObject({ status: 0 });
      expect(await dockerd.docker(words)).toMatchObject({ status: 0 });
    }
    for (const docker of [session.genuine, (args: readonly string[]) => dockerd.docker(args)])
      await docker(["exec", "box", "sh", "-c", "until [ -p /box/fifo ]; do sleep 0.05; done"]);
    sockets = [dockerd.socket, `${session.daemon.place.dir}/docker.sock`];
  }, START_MS);
  afterAll(async () => {
    await dockerd.stop();
    await session.stop();
  }, START_MS);

  /** An answer of each: status, the header that describes the file, and the tar as tar(1) lists it, or the body. */
  function answers(path: string, method = "GET", body?: Buffer, container = "box"): [ours: object, genuine: object] {
    const url = `http://docker/v1.40/containers/${container}/archive?${path}`;
    const [ours, genuine] = sockets.map((socket) => {
      const flags = [...(method === "HEAD" ? ["-I"] : ["-i", "-X", method]), ...(body ? ["--data-binary", "@-"] : [])];
      const head = ["-H", "Content-Type: application/x-tar", "-H", "Expect:"];
      const answer = execFileSync("curl", ["-s", "--unix-socket", socket, ...head, ...flags, url], {
        input: body ?? "",
      });
      const end = answer.indexOf("\r\n\r\n");
      const text = answer.toString("latin1", 0, end);
      const stat = /^x-docker-container-path-stat: (\S+)/im.exec(text)?.[1];
      const content = answer.subarray(end + 4);
      return {
        status: /\d{3}/.exec(text.slice("HTTP/1.1".length))?.[0],
        stat: stat === undefined ? undefined : timed(JSON.parse(Buffer.from(stat, "base64").toString())),
        content:
          method === "GET" && stat !== undefined
            ? listed(content)
            : content
                .toString()
                .replace(/\/\S*\/merged\//, "/")
                .replaceAll("/box", "box"),
      };
    });
    return [ours!, genuine!];
  }

  test.each([
    "/box/file",
    "box/file",
    "/box/link",
    "/box/dangling",
    "/box/towards",
    "/box/towards/",
    "/box/towards/.",
    "/box/dir",
    "/box/dir/",
    "/box/dir/.",
    "/box/../box/dir/sub",
    "/box/dir/link",
    "/box/fifo",
    "/box/nosuch",
    "/box/file/",
    "/box/file/below",
    "/vol",
  ])("gives %s", (path) => {
    const [ours, genuine] = answers(`path=${encodeURIComponent(path)}`);
    expect(ours).toEqual(genuine);
    const [our, genuines] = answers(`path=${encodeURIComponent(path)}`, "HEAD");
    expect(our).toEqual(genuines);
  });

  const tar = () => execFileSync("tar", ["-C", "/etc", "-c", "passwd", "--owner=7", "--group=8"]);
  test.each([
    "path=/box/there",
    "path=/box/towards",
    "path=/vol",
    "path=/box/nosuch",
    "path=/box/file",
    "path=/ro",
    "path=/box/there&copyUIDGID=true",
  ])("takes a tar into %s", async (query) => {
    const [ours, genuine] = answers(query, "PUT", tar());
    expect(ours).toEqual(genuine);
    const list = ["exec", "box", "sh", "-c", "stat -c '%n %a %u %g %s' /box/there/* /vol/* 2>&1"];
    expect((await dockerd.docker(list)).stdout).toBe((await session.genuine(list)).stdout);
  });

  describe.each(["does not run", "runs"])("of a container that %s", (state) => {
    beforeAll(async () => {
      if (state === "does not run") return;
      for (const docker of [session.genuine, (args: readonly string[]) => dockerd.docker(args)])
        expect(await docker(["start", "still"])).toMatchObject({ status: 0 });
    });
    const packed = (...names: string[]) => {
      const script = "cd $(mktemp -d); for n; do mkdir -p $(dirname $n); echo $n > $n; done; tar -c *; rm -r $PWD";
      return execFileSync("sh", ["-c", script, "sh", ...names]);
    };

    test.each([
      ["/data/vol", `in-${state.length}`],
      ["/data", `vol/deep/${state.length}`, `anonymous/${state.length}`, `beside-${state.length}`],
      ["/data/tmpfs", "below"],
      ["/data/host", "refused"],
      ["/data", "host/refused"],
      ["/data", "file"],
    ])("takes files into %s: %s", async (path, ...names) => {
      const [ours, genuine] = answers(`path=${path}`, "PUT", packed(...names), "still");
      expect(ours).toMatchObject({ status: (genuine as { status: string }).status });
    });

    test.each([
      "/work",
      "/data",
      "/data/vol",
      "/data/vol/.",
      "/data/host",
      "/data/file",
      "/absent",
      "/etc/hosts",
      "/etc",
    ])("gives %s", (path) => {
      for (const method of ["GET", "HEAD"]) {
        const [ours, genuine] = answers(`path=${path}`, method, undefined, "still");
        expect(ours).toEqual(genuine);
      }
    });

    test("leaves nothing mounted", () => {
      expect(readMountinfo().filter(({ mountPoint }) => mountPoint.endsWith("/exec/view"))).toEqual([]);
    });
  });

  test("puts no directory where a file is", async () => {
    const mkdir = "t=$(mktemp -d); mkdir $t/file; tar -C $t -c file; rm -r $t";
    const [ours, genuine] = answers("path=/box&noOverwriteDirNonDir=true", "PUT", execFileSync("sh", ["-c", mkdir]));
    expect(ours).toMatchObject({ status: "500" });
    expect(genuine).toMatchObject({ status: "500" });
    expect((await dockerd.docker(["exec", "box", "cat", "/box/file"])).stdout).toBe("inside\n");
  });

  test.each(["/etc", "/vol", "/vol/out", "/vol/../etc"])(
    "of a container whose root is read-only takes a tar into %s",
    (path) => {
      const [ours, genuine] = answers(`path=${path}`, "PUT", tar(), "closed");
      expect(ours).toEqual(genuine);
    },
  );

  test("leads nowhere out of the container", async () => {
    await dockerd.docker(["exec", "box", "ln", "-s", "../../../../../../../../etc", "/box/out"]);
    const before = execFileSync("ls", ["-la", "/etc/passwd"], { encoding: "utf8" });
    expect(answers("path=/box/out", "PUT", tar())[0]).toMatchObject({ status: "200" });
    expect(execFileSync("ls", ["-la", "/etc/passwd"], { encoding: "utf8" })).toBe(before);
    expect((await dockerd.docker(["exec", "box", "stat", "-c", "%u", "/etc/passwd"])).stdout).toBe("7\n");
  });
});

/** The moment is a file's own only where the script has set it; whoever lists a tar sees whole seconds. */
function timed(stat: { readonly mtime: string; readonly name: string }): object {
  const { mtime } = stat;
  return { ...stat, mtime: stat.name === "file" ? [Date.parse(mtime), /\.\d+/.exec(mtime)?.[0]] : "" };
}

function listed(content: Buffer): string[] {
  const list = execFileSync("tar", ["-t", "-v", "--numeric-owner"], { input: content, encoding: "utf8" });
  return list
    .split("\n")
    .map((line) => line.replace(/\d{4}-\d\d-\d\d \d\d:\d\d(?= .*(?<!file)$)/, ""))
    .sort();
}
