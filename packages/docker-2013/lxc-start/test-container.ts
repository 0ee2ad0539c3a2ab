/** For tests: a busybox root filesystem, and lxc-start run on it. */
import { type ChildProcess, execFileSync, type SpawnOptions, spawn } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { cgroupMounts } from "@eras/cgroups/detect.ts";
import { isErrno } from "@eras/linux/errno.ts";

const BUSYBOX = "/bin/busybox";
export const LXC_START = resolve(import.meta.dirname, "../../../bin/lxc-start-2013");

/** What a run of lxc-start gave. */
export interface Result {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A running lxc-start. */
export interface Running {
  readonly child: ChildProcess & { readonly pid: number };
  readonly result: Promise<Result>;
  /** Resolves when it has printed this on stdout. @throws {Error} When it ends before. */
  printed(text: string): Promise<void>;
}

/** A directory with a rootfs, in which configurations and whatever a test makes can lie. */
export class TestContainer {
  readonly dir = mkdtempSync(join(tmpdir(), "lxc-start-"));
  readonly rootfs = join(this.dir, "rootfs");
  /** Names are the machine's: other tests may run beside this one. */
  readonly name = `test-${process.pid}-${count++}`;
  /** The lines that all configurations start with. */
  readonly base = [
    "lxc.utsname = inside",
    `lxc.rootfs = ${this.rootfs}`,
    "lxc.console = none",
    "lxc.mount.entry = proc proc proc nosuid,nodev,noexec 0 0",
  ];

  constructor() {
    for (const directory of ["bin", "proc", "sys", "dev", "etc", "tmp"]) {
      mkdirSync(join(this.rootfs, directory), { recursive: true });
    }
    copyFileSync(BUSYBOX, join(this.rootfs, "bin/busybox"));
    const applets = execFileSync(BUSYBOX, ["--list"], { encoding: "utf8" }).trim().split("\n");
    for (const applet of applets.filter((name) => name !== "busybox")) {
      symlinkSync("busybox", join(this.rootfs, "bin", applet));
    }
  }

  /** Starts lxc-start with more lines of configuration. */
  start(lines: readonly string[], command: readonly string[], options: SpawnOptions & { name?: string } = {}): Running {
    const name = options.name ?? this.name;
    return run(["-n", name, "-f", this.write(lines, name), "--", ...command], options);
  }

  /** Writes a configuration. @returns Its path. */
  write(lines: readonly string[], name = this.name): string {
    const path = join(this.dir, `${name}.lxc`);
    writeFileSync(path, [...this.base, ...lines, ""].join("\n"));
    return path;
  }

  /** Runs a shell script inside and waits for the end of it. */
  sh(script: string, lines: readonly string[] = [], options: SpawnOptions = {}): Promise<Result> {
    return this.start(lines, ["/bin/sh", "-c", script], options).result;
  }

  remove(): void {
    rmSync(this.dir, { recursive: true });
  }
}

let count = 0;

/** Runs lxc-start with these arguments. */
export function run(args: readonly string[], options: SpawnOptions = {}): Running {
  const child = spawn(LXC_START, args, { stdio: ["ignore", "pipe", "pipe"], ...options });
  if (child.pid === undefined) throw new Error(`Cannot start ${LXC_START}`);
  let [stdout, stderr] = ["", ""];
  child.stdout?.on("data", (chunk: Buffer) => {
    stdout += chunk;
    child.emit("printed");
  });
  child.stderr?.on("data", (chunk: Buffer) => (stderr += chunk));
  const result = once(child, "close").then(([code]) => ({ code: code as number | null, stdout, stderr }));
  const printed = async (text: string) => {
    while (!stdout.includes(text)) {
      const ended = await Promise.race([once(child, "printed").then(() => undefined), result]);
      if (ended && !stdout.includes(text)) throw new Error(`It ended without printing "${text}": ${ended.stderr}`);
    }
  };
  return { child: child as Running["child"], result, printed };
}

/** The cgroups, in all trees, of containers whose name starts with `prefix`. */
export function cgroupsOf(prefix: string): string[] {
  const { v1, v2 = [] } = cgroupMounts();
  return [...new Set([...v1.values(), v2].flat())].flatMap((root) => {
    const parent = join(root, "docker-eras-2013");
    return namesIn(parent)
      .filter((name) => name.startsWith(prefix))
      .map((name) => join(parent, name));
  });
}

/** None where no container is: another one's end takes the directory away. */
function namesIn(dir: string): string[] {
  try {
    return readdirSync(dir);
  } catch (error) {
    if (isErrno(error, "ENOENT")) return [];
    throw error;
  }
}
