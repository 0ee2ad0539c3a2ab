/** `docker cp`, ours and the genuine one: where things end up, in a container and on the host. */
import { execFileSync } from "node:child_process";
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ProgramResult } from "../harness/run-program.ts";
import { DockerCliSession, missingForDocker } from "./docker-cli-session.ts";

const missing = missingForDocker();
const START_MS = 90_000;
const CASE_MS = 60_000;
const LIST = "find . -exec stat -c '%n %F %a %u %s %N' {} + | sort";

describe.skipIf(missing)(`docker cp of 2019${missing ? `: ${missing}` : ""}`, { timeout: CASE_MS }, () => {
  let session: DockerCliSession;
  let host: string;
  beforeAll(async () => {
    session = await DockerCliSession.start();
    host = join(session.daemon.place.dir, "host");
    await session.ours(["run", "-d", "--name", "box", "busybox", "sleep", "1000"]);
  }, START_MS);
  afterAll(() => session.stop(), START_MS);

  /** A few things on each side, as they are before a copy. */
  async function lay(): Promise<void> {
    rmSync(host, { recursive: true, force: true });
    mkdirSync(join(host, "dir/sub"), { recursive: true });
    mkdirSync(join(host, "there"));
    writeFileSync(join(host, "file"), "from the host\n", { mode: 0o640 });
    writeFileSync(join(host, "dir/sub/deep"), "deep\n".repeat(50_000));
    symlinkSync("sub/deep", join(host, "dir/link"));
    symlinkSync("file", join(host, "link"));
    const script = `rm -rf /box; mkdir -p /box/dir/sub /box/there; cd /box; echo inside > file; chmod 4755 file; chown 33 file
      echo deep > dir/sub/deep; ln dir/sub/deep dir/hard; ln -s sub/deep dir/link; ln -s file link; ln -s there towards`;
    expect((await session.ours(["exec", "box", "sh", "-c", script])).status).toBe(0);
  }

  async function copied(
    docker: DockerCliSession["ours"],
    from: string,
    to: string,
    flags: readonly string[],
  ): Promise<object> {
    await lay();
    const { stderr, status }: ProgramResult = await docker([
      "cp",
      ...flags,
      from.replace("HOST", host),
      to.replace("HOST", host),
    ]);
    const inside = await session.ours(["exec", "-w", "/box", "box", "sh", "-c", LIST]);
    return {
      stderr,
      status,
      inside: inside.stdout,
      outside: execFileSync("sh", ["-c", LIST], { cwd: host, encoding: "utf8" }),
    };
  }

  test.each([
    ["HOST/file", "box:/box/new"],
    ["HOST/file", "box:/box/file"],
    ["HOST/file", "box:/box/there"],
    ["HOST/file", "box:/box/towards"],
    ["HOST/file", "box:box/there/"],
    ["HOST/link", "box:/box/there"],
    ["HOST/link", "box:/box/there", "-L"],
    ["HOST/dir", "box:/box/new"],
    ["HOST/dir", "box:/box/there"],
    ["HOST/dir/.", "box:/box/there"],
    ["HOST/dir", "box:/box/file"],
    ["HOST/file", "box:/box/new/"],
    ["HOST/file", "box:/nosuch/new"],
    ["box:/box/file", "HOST/new"],
    ["box:/box/file", "HOST/file"],
    ["box:/box/file", "HOST/there"],
    ["box:/box/file", "HOST/new", "-a"],
    ["box:/box/link", "HOST/there"],
    ["box:/box/link", "HOST/new", "-L"],
    ["box:/box/dir", "HOST/new"],
    ["box:/box/dir", "HOST/there"],
    ["box:/box/dir/.", "HOST/there"],
    ["box:/box/dir", "HOST/file"],
    ["box:/box/nosuch", "HOST/new"],
    ["nosuch:/box", "HOST/new"],
    ["HOST/nosuch", "box:/box"],
    ["HOST/file", "HOST/new"],
    ["box:/box", "box:/new"],
  ])("%s %s %s", async (from, to, ...flags) => {
    const ours = await copied(session.ours, from, to, flags);
    expect(ours).toEqual(await copied(session.genuine, from, to, flags));
  });

  test("takes a tar from stdin, and gives one to stdout", async () => {
    await lay();
    const tar = execFileSync("tar", ["-C", host, "-c", "dir"]);
    expect((await session.ours(["cp", "-", "box:/box/there"], tar)).status).toBe(0);
    const { stdout } = await session.ours(["cp", "box:/box/there/dir/sub", "-"]);
    expect(execFileSync("tar", ["-x", "-O", "sub/deep"], { input: Buffer.from(stdout), encoding: "utf8" })).toBe(
      "deep\n".repeat(50_000),
    );
  });

  test("writes nothing through a link that a container has made", async () => {
    await lay();
    const script = "mkdir -p /evil; ln -s /etc /evil/out";
    await session.ours(["exec", "box", "sh", "-c", script]);
    mkdirSync(join(host, "there/evil/out"), { recursive: true });
    const before = execFileSync("ls", ["-la", "/etc/passwd"], { encoding: "utf8" });
    await session.ours(["cp", "box:/evil", join(host, "there")]);
    await session.ours(["exec", "box", "sh", "-c", "rm /evil/out; mkdir /evil/out; echo bad > /evil/out/passwd"]);
    await session.ours(["cp", "box:/evil", join(host, "there")]);
    expect(execFileSync("ls", ["-la", "/etc/passwd"], { encoding: "utf8" })).toBe(before);
  });
});
