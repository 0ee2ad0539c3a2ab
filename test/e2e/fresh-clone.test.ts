/** What README promises: one line in a fresh clone, with npm and git alone, runs a container; `clean` takes all of it away. */
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { EraWorld } from "../harness/era.ts";

/** Dependencies come through npm: as slow as the network. */
const INSTALL_TIMEOUT_MS = 300_000;

let world: EraWorld;
let clone: string;

beforeAll(async () => {
  world = await EraWorld.create();
  clone = join(world.dir, "clone");
  execFileSync("git", ["clone", "--quiet", resolve(import.meta.dirname, "../.."), clone]);
});

afterAll(async () => {
  await pnpm(["era", "clean"]);
  await world.remove();
}, INSTALL_TIMEOUT_MS);

/** npm's own warnings about its configuration are not ours. */
const pnpm = (args: readonly string[], input?: string) =>
  world.run("npx", ["-y", "pnpm@12", ...args], { cwd: clone, input, env: { npm_config_loglevel: "error" } });

describe("a fresh clone", () => {
  test("runs a container with one command, whose output alone is on stdout", {
    timeout: INSTALL_TIMEOUT_MS,
  }, async () => {
    const { stdout, stderr, status } = await pnpm(["era:2013", "run", "-a", "busybox", "echo", "hello"]);
    expect({ stdout, status }, stderr).toEqual({ stdout: "hello\n", status: 0 });
  });

  test("says nothing when all is set up", async () => {
    const { stdout, stderr } = await pnpm(["--silent", "era:2013", "run", "-a", "busybox", "echo", "again"]);
    expect({ stdout, stderr }).toEqual({ stdout: "again\n", stderr: "" });
  });

  test("gives a shell that reads a pipe", async () => {
    const { stdout } = await pnpm(["era:2013", "run", "busybox"], "echo $((40 + 2)); exit\n");
    expect(stdout).toMatch(/^42\r?$/m);
  });

  test("prints an id for a command without -a, and a hint", async () => {
    const { stdout, stderr } = await pnpm(["era:2013", "run", "busybox", "echo", "hello"]);
    expect(stdout).toMatch(/^[0-9a-f]{8}\n$/);
    expect(stderr).toMatch(/logs/);
  });

  test.skipIf(!existsSync("/usr/bin/apt-get"))(
    "gets busybox from Debian where the host has none, and no lists of packages",
    async () => {
      const bareHost =
        'mount --bind /dev/null "$(command -v busybox)" && mount -t tmpfs none /var/lib/apt/lists && exec "$@"';
      const makeImage =
        'const { openImageTar } = await import(process.argv[1]); console.log([...(await openImageTar("busybox"))].length)';
      const node = [join(clone, "node_modules/.bin/node"), "--input-type=module", "-e", makeImage];
      const shelf = join(clone, "packages/era/shelf/shelf.ts");
      const { stdout, stderr } = await world.run("unshare", ["--mount", "sh", "-c", bareHost, "sh", ...node, shelf]);
      expect(Number(stdout), stderr).toBeGreaterThan(250);
      expect(existsSync(join(clone, ".cache/busybox-static"))).toBe(true);
    },
  );

  test("leaves nothing outside the clone after clean", async () => {
    const { stdout: ids } = await pnpm(["--silent", "era:2013", "ps", "-a", "-q"]);
    expect(ids.trim().split("\n")).toHaveLength(4);
    const { status, stderr } = await pnpm(["era", "clean"]);
    expect(status, stderr).toBe(0);
    expect(world.leftovers(ids.trim().split("\n"))).toEqual([]);
  });
});
