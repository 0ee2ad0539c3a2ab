import { execFileSync, spawnSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { findPackageJSON } from "node:module";
import { tmpdir } from "node:os";
import { basename, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { LAUNCH } from "./path.ts";

const PACKAGES = resolve(import.meta.dirname, "..");
const BIN = resolve(PACKAGES, "../bin");

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "eras-launch-"));
});
afterEach(() => {
  rmSync(dir, { recursive: true });
  rmSync(packFile() ?? dir, { force: true });
});

const PACKED = ["--experimental-vm-modules", "--disable-warning=ExperimentalWarning"];
const PACKS = resolve(PACKAGES, "../node_modules/.cache/launch");

function start(flags: readonly string[], program: string, args: readonly string[]): string {
  const main = join(dir, "main.ts");
  if (!existsSync(main) || readFileSync(main, "utf8") !== program) writeFileSync(main, program); // else it would be a changed file
  return execFileSync(process.execPath, [...flags, LAUNCH, main, ...args], {
    encoding: "utf8",
    stdio: "pipe",
  });
}

const launch = (program: string, ...args: string[]) => start([], program, args);
const launchPacked = (program: string, ...args: string[]) => start(PACKED, program, args);

/** The pack of the test's program. */
function packFile(): string | undefined {
  const name = existsSync(PACKS) ? readdirSync(PACKS).find((file) => file.includes(basename(dir))) : undefined;
  return name && join(PACKS, name);
}

describe("launch.cjs", () => {
  test.each([
    ["from a pack", launchPacked],
    ["by Node's loader", launch],
  ])("gives the program the arguments it would have had, %s", (_, run) => {
    expect(run("console.log(JSON.stringify(process.argv.slice(1)))", "-a", "b")).toBe(
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

describe("a packed program", () => {
  /** Twice: without a pack, and from the one that the first run has made. */
  function twice(program: string): string {
    const [first, second] = [launchPacked(program), launchPacked(program)];
    expect(second).toBe(first);
    return first;
  }

  test("means what Node's loader would make of it: cycles, import.meta, import(), await, modules of Node", () => {
    writeFileSync(
      join(dir, "odd.ts"),
      `import { isEven } from "./even.ts";
      export const isOdd = (n: number): boolean => n !== 0 && isEven(n - 1); // ─▶ not Latin-1`,
    );
    writeFileSync(
      join(dir, "even.ts"),
      `import { isOdd } from "./odd.ts";
      export const isEven = (n: number): boolean => n === 0 || isOdd(n - 1);`,
    );
    writeFileSync(join(dir, "late.ts"), `export const late: string = "später";`);
    const program = `import fs, { readFileSync } from "node:fs";
      import { ErrnoError } from "@eras/linux/errno.ts";
      import { isEven } from "./even.ts";
      const { late } = await import("./late.ts");
      const { spawnSync } = await import("node:child_process");
      const { url, filename, dirname } = import.meta;
      const same = fs.readFileSync === readFileSync && (await import("./late.ts")).late === late;
      console.log(JSON.stringify([isEven(9), late, typeof spawnSync, url, filename, dirname, same, new ErrnoError("x", 2).message]));`;
    expect(twice(program)).toBe(launch(program));
  });

  test("sees a changed file, and one that only another run needs", () => {
    const program = `const name = process.argv[2];
      console.log((await import(\`./\${name}.ts\`)).word);`;
    writeFileSync(join(dir, "one.ts"), `export const word: string = "one";`);
    writeFileSync(join(dir, "two.ts"), `export const word: string = "two";`);
    expect([launchPacked(program, "one"), launchPacked(program, "two"), launchPacked(program, "one")]).toEqual([
      "one\n",
      "two\n",
      "one\n",
    ]);
    writeFileSync(join(dir, "one.ts"), `export const word: string = "new";`);
    expect([launchPacked(program, "one"), launchPacked(program, "two")]).toEqual(["new\n", "two\n"]);
  });

  test("is not stopped by a pack that is no pack, or of other flags", () => {
    expect(launchPacked("console.log(1)")).toBe("1\n");
    writeFileSync(packFile()!, "no pack");
    expect(twice("console.log(1)")).toBe("1\n");
    expect(start([...PACKED, "--no-opt"], "console.log(1)", [])).toBe("1\n");
  });

  test("has a pack that nobody else may write, whatever the umask", () => {
    const umask = process.umask(0);
    try {
      expect(launchPacked("console.log(1)")).toBe("1\n");
    } finally {
      process.umask(umask);
    }
    expect(statSync(packFile()!).mode & 0o022).toBe(0);
  });

  test("fails with an error that names its own line", () => {
    const program = `type Unused = string;
      throw new Error("on purpose" satisfies Unused);`;
    for (let i = 0; i < 2; i++) expect(() => launchPacked(program)).toThrow(`${join(dir, "main.ts")}:2:13`);
  });

  test("has libraries, also those in CommonJS, and others after an installation", () => {
    library("modern", { type: "module", exports: "./one.js" }, { "one.js": "export const word = 'one';" });
    library("old", { main: "main.js" }, { "main.js": "exports.word = 'old';" });
    const program = `import { word } from "modern";
      import old, { word as oldWord } from "old";
      console.log(word, oldWord, old.word);`;
    expect(twice(program)).toBe(launch(program));
    rmSync(join(dir, "node_modules/modern"), { recursive: true });
    library("modern", { type: "module", exports: "./two.js" }, { "two.js": "export const word = 'two';" });
    utimesSync(packFile()!, 0, 0); // older than what is installed
    expect(twice(program)).toBe("two old old\n");
  });

  function library(name: string, manifest: object, files: Readonly<Record<string, string>>): void {
    const home = join(dir, "node_modules", name);
    mkdirSync(home, { recursive: true });
    for (const [file, text] of Object.entries({ ...files, "package.json": JSON.stringify(manifest) }))
      writeFileSync(join(home, file), text);
  }

  test("names a file that is missing, and a library", () => {
    const complaint = (name: string) => launchPacked(`console.log((await import("${name}").catch((e) => e)).message)`);
    expect(complaint("./gone.ts")).toContain(join(dir, "gone.ts"));
    expect(complaint("no-such-library")).toContain("Cannot find module 'no-such-library'");
  });

  test("holds the code of functions that its runs don't call themselves", () => {
    const program = "export function neverCalled(): string { return 'called'; }";
    const logFile = join(dir, "log"); // the same both times: V8 takes no code from a run with other flags
    const compiled = () => {
      start([...PACKED, "--log-function-events", "--no-logfile-per-isolate", `--logfile=${logFile}`], program, []);
      return readFileSync(logFile, "utf8")
        .split("\n")
        .filter((line) => line.includes("neverCalled"));
    };
    expect(compiled()).not.toEqual([]);
    expect(compiled()).toEqual([]);
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
