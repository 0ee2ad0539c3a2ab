import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { findPackageJSON } from "node:module";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { LAUNCH } from "./path.ts";

const PACKAGES = resolve(import.meta.dirname, "..");
const BIN = resolve(PACKAGES, "../bin");

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "eras-launch-"));
});
afterEach(() => rmSync(dir, { recursive: true }));

function launch(program: string, ...args: string[]): string {
  writeFileSync(join(dir, "main.ts"), program);
  return execFileSync(process.execPath, [LAUNCH, join(dir, "main.ts"), ...args], { encoding: "utf8" });
}

describe("launch.cjs", () => {
  test("gives the program the arguments it would have had", () => {
    expect(launch("console.log(JSON.stringify(process.argv.slice(1)))", "-a", "b")).toBe(
      `${JSON.stringify([join(dir, "main.ts"), "-a", "b"])}\n`,
    );
  });

  test("finds the same file as Node for every import of ours", () => {
    const names = new Set<string>();
    for (const file of readdirSync(PACKAGES, { recursive: true, encoding: "utf8" })) {
      if (!file.endsWith(".ts") || file.includes("node_modules")) continue;
      for (const [, name] of readFileSync(join(PACKAGES, file), "utf8").matchAll(/from "(@eras\/[^"]+)"/g))
        names.add(name!);
    }
    expect(names.size).toBeGreaterThan(20);
    const program = `console.log(JSON.stringify(${JSON.stringify([...names])}.map((name) => import.meta.resolve(name))))`;
    const launched: string[] = JSON.parse(launch(program));
    const searched = [...names].map((name) => {
      const home = realpathSync(join(findPackageJSON(name, pathToFileURL(join(PACKAGES, "../package.json")))!, ".."));
      return pathToFileURL(join(home, name.split("/").slice(2).join("/"))).href;
    });
    expect(launched).toEqual(searched);
  });

  test("leaves libraries to Node, and names a file of ours that is missing", () => {
    expect(launch('console.log((await import("./gone.ts").catch((e) => e)).message)')).toContain(join(dir, "gone.ts"));
    expect(launch('console.log((await import("no-such-library").catch((e) => e)).code)')).toBe(
      "ERR_MODULE_NOT_FOUND\n",
    );
  });
});

describe("an executable of bin/", () => {
  const version = (path: string, cwd: string) => execFileSync(path, ["--version"], { cwd, encoding: "utf8" });

  test("starts from any directory, by absolute and relative path", () => {
    const expected = version(join(BIN, "lxc-start-2013"), "/");
    expect(version("./lxc-start-2013", BIN)).toBe(expected);
    expect(version("bin/lxc-start-2013", join(BIN, ".."))).toBe(expected);
  });

  test("starts by a symbolic link, and by a link to it", () => {
    symlinkSync(join(BIN, "lxc-start-2013"), join(dir, "one"));
    symlinkSync("one", join(dir, "two"));
    expect(version(join(dir, "two"), "/")).toBe(version(join(BIN, "lxc-start-2013"), "/"));
  });

  test("says what to do in a clone without its dependencies", () => {
    execFileSync("cp", ["-r", BIN, join(dir, "bin")]);
    execFileSync("mkdir", ["-p", join(dir, "packages/launch")]);
    execFileSync("cp", [join(PACKAGES, "launch/launch.sh"), join(dir, "packages/launch")]);
    expect(() => execFileSync(join(dir, "bin/docker-2013"), ["ps"], { stdio: "pipe" })).toThrow(
      /npx -y pnpm@12 install/,
    );
  });
});

describe("node-libraries.sh", () => {
  const script = join(PACKAGES, "launch/node-libraries.sh");

  test("is content where Node starts", () => {
    expect(execFileSync("sh", [script], { cwd: resolve(PACKAGES, ".."), encoding: "utf8" })).toBe("");
  });

  test("says what is missing where there is no apt to bring it", () => {
    const library = /libatomic\.so\.1 => (\S+)/.exec(
      execFileSync("ldd", [process.execPath], { encoding: "utf8" }),
    )?.[1];
    const withoutLibrary = 'mount --bind /dev/null "$1" && PATH=/nonexistent exec /bin/sh "$2"';
    const { status, stderr } = spawnSync("unshare", ["--mount", "sh", "-c", withoutLibrary, "sh", library!, script], {
      cwd: resolve(PACKAGES, ".."),
      encoding: "utf8",
    });
    expect(stderr).toMatch(/^Cannot start node_modules\/\.bin\/node: libatomic\.so\.1 is missing: install libatomic1/);
    expect(status).toBe(1);
  });
});
