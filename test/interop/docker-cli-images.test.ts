/** Images by our docker: between a genuine dockerd, a genuine registry, and files. */
import { execFileSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { DOCKER_REGISTRY, GenuineRegistry, USER } from "../genuine/registry.ts";
import { runProgram } from "../harness/run-program.ts";
import { DockerCliSession, missingForDocker } from "./docker-cli-session.ts";

const missing = missingForDocker(DOCKER_REGISTRY);
const START_MS = 90_000;
const CASE_MS = 60_000;

describe.skipIf(missing)(`images by docker of 2019${missing ? `: ${missing}` : ""}`, { timeout: CASE_MS }, () => {
  let session: DockerCliSession;
  let registry: GenuineRegistry;
  beforeAll(async () => {
    session = await DockerCliSession.start();
    const dir = join(session.daemon.place.dir, "registry");
    mkdirSync(dir);
    registry = await GenuineRegistry.start(dir, "htpasswd");
  }, START_MS);
  afterAll(async () => {
    await registry.stop();
    await session.stop();
  }, START_MS);

  async function done(args: readonly string[], input?: string | Buffer): Promise<string> {
    const { stdout, stderr, status } = await session.ours(args, input);
    expect({ args, stderr: status === 0 ? "" : stderr, status }).toEqual({ args, stderr: "", status: 0 });
    return stdout;
  }

  test("go to a registry and come back, for who has logged in", async () => {
    const image = `${registry.domain}/web:1`;
    const inspect = ["inspect", "-f", "{{.Id}}", image];
    await done(["tag", "busybox", image]);
    const id = await done(inspect);
    expect((await session.ours(["push", image])).stderr).toMatch(/no basic auth credentials|authentication required/);
    const loggedIn = await done(["login", "-u", USER.username, "--password-stdin", registry.domain], USER.password);
    expect(loggedIn).toBe("Login Succeeded\n");
    const config = join(session.daemon.place.dir, "config/config.json");
    expect(statSync(config).mode & 0o777).toBe(0o600);
    expect(readFileSync(config, "utf8")).not.toContain(USER.password);
    expect(await done(["push", image])).toMatch(
      /^The push refers to repository \[.*\]\n[\s\S]*1: digest: sha256:\w{64} size: \d+\n$/,
    );
    expect(await done(["rmi", image])).toMatch(/^Untagged: .*\/web:1\nUntagged: .*@sha256:/);
    expect(await done(["pull", image])).toMatch(/^1: Pulling from web\n[\s\S]*Status: Downloaded newer image/);
    expect(await done(inspect)).toBe(id);
    expect((await session.same("pull", image)).stdout).toContain("Status: Image is up to date");
    expect(await done(["pull", "-q", image])).toBe(`${image}\n`);
    expect(await done(["logout", registry.domain])).toBe(`Removing login credentials for ${registry.domain}\n`);
    expect((await session.ours(["pull", `${registry.domain}/other`])).status).toBe(1);
  });

  test("come for who has logged in by a URL, and whose password a program keeps", async () => {
    const { dir } = session.daemon.place;
    const [helper, kept] = [join(dir, "docker-credential-safe"), join(dir, "kept")];
    writeFileSync(
      helper,
      `#!/bin/sh\ncase $1 in get) cat ${kept};; store) cat >${kept};; erase) rm -f ${kept};; esac\n`,
    );
    chmodSync(helper, 0o755);
    const config = join(dir, "config/config.json");
    writeFileSync(config, '{"credsStore": "safe"}');
    const env = { ...session.env, PATH: `${dir}:${process.env.PATH}` };
    const ours = (args: readonly string[], input = "") => runProgram(session.program, args, { env, input });
    const url = `http://${registry.domain}/v2/`;
    const login = await ours(["login", "-u", USER.username, "--password-stdin", url], USER.password);
    expect(login).toEqual({ stdout: "Login Succeeded\n", stderr: "", status: 0 });
    expect(JSON.parse(readFileSync(config, "utf8"))).toEqual({ credsStore: "safe", auths: { [registry.domain]: {} } });
    expect((await ours(["pull", "-q", `${registry.domain}/web:1`])).status).toBe(0);
    expect((await ours(["login", registry.domain])).stdout).toBe(
      "Authenticating with existing credentials...\nLogin Succeeded\n",
    );
    await ours(["logout", url]);
    expect([existsSync(kept), JSON.parse(readFileSync(config, "utf8"))]).toEqual([
      false,
      { credsStore: "safe", auths: {} },
    ]);
    rmSync(config);
  });

  test("are listed as the config says, but for -q, and containers too", async () => {
    const config = join(session.daemon.place.dir, "config/config.json");
    mkdirSync(dirname(config), { recursive: true });
    writeFileSync(config, '{"imagesFormat": "{{.ID}} mine", "psFormat": "{{.ID}} mine"}');
    for (const words of [["images"], ["images", "-q"], ["ps", "-a"], ["ps", "-aq"]]) await session.same(...words);
    rmSync(config);
  });

  test("go into a file and come out of it", async () => {
    const file = join(session.daemon.place.dir, "saved.tar");
    await done(["tag", "busybox", "kept:1"]);
    await done(["save", "-o", file, "kept:1"]);
    expect(execFileSync("tar", ["-tf", file], { encoding: "utf8" })).toContain("manifest.json");
    await done(["rmi", "kept:1"]);
    expect(await done(["load", "-i", file])).toBe("Loaded image: kept:1\n");
    expect(await done(["load"], readFileSync(file))).toBe("Loaded image: kept:1\n");
  });

  test("are made of containers: commit, export, import", async () => {
    await done(["run", "--name", "made", "busybox", "sh", "-c", "echo text > /file"]);
    expect(await done(["diff", "made"])).toBe("A /file\n");
    await done(["commit", "-m", "says so", "-c", 'CMD ["cat", "/file"]', "made", "made:1"]);
    expect(await done(["run", "--rm", "made:1"])).toBe("text\n");
    expect((await session.same("history", "--no-trunc", "made:1")).stdout).toContain("says so");
    const tar = join(session.daemon.place.dir, "exported.tar");
    await done(["export", "-o", tar, "made"]);
    expect(execFileSync("tar", ["-xOf", tar, "file"], { encoding: "utf8" })).toBe("text\n");
    expect(await done(["import", tar, "imported:1"])).toMatch(/^sha256:\w{64}\n$/);
    expect(await done(["run", "--rm", "imported:1", "cat", "/file"])).toBe("text\n");
  });
});
