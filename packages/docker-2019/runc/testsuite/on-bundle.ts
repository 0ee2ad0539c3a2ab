/** For tests: a bundle with a static busybox, and the two programs that are asked about its containers, ours and the genuine one. */
import { spawnSync } from "node:child_process";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { Spec } from "@eras/oci-spec/runtime/config.ts";
import { defaultSpec } from "@eras/oci-spec/runtime/defaults.ts";
import { expect, onTestFinished } from "vitest";

export const OURS = resolve(import.meta.dirname, "../../../../bin/runc-2019");
export const GENUINE = "/usr/sbin/runc";
const BUSYBOX = "/bin/busybox";

/** Why these tests can't be run here; undefined if they can. */
export const missing = [BUSYBOX, GENUINE].filter((path) => !existsSync(path)).join(", ") || undefined;

/** What a command did. */
export interface Outcome {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** One of the two programs, with a root and a bundle that go with the test. */
export interface Runtime {
  readonly program: string;
  /** Of containers' states. */
  readonly root: string;
  readonly bundle: string;
  /** A name for a container that nobody else has. */
  readonly id: string;
  /** Runs a command: `call("list", "-q")`. */
  call(...args: string[]): Outcome;
  callWith(input: string, ...args: string[]): Outcome;
}

let count = 0;

/** A program with a bundle of its own, whose containers go with the test. */
export function runtime(program: string, change: (spec: Spec) => Spec = (spec) => spec): Runtime {
  const dir = realpathSync(mkdtempSync(join(tmpdir(), "docker-eras-commands-")));
  const root = join(dir, "root");
  const bundle = join(dir, "bundle");
  const id = `docker-eras-commands-${process.pid}-${count++}`;
  makeBundle(bundle, change);
  const callWith = (input: string, ...args: string[]) =>
    spawnSync(program, ["--root", root, ...args], { encoding: "utf8", cwd: dir, input });
  onTestFinished(() => {
    for (const left of callWith("", "list", "-q").stdout.split("\n").filter(Boolean))
      callWith("", "delete", "-f", left);
    rmSync(dir, { recursive: true });
  });
  return { program, root, bundle, id, callWith, call: (...args) => callWith("", ...args) };
}

/** Creates a container of the bundle. What it prints is lost: it outlives the call, and a pipe would be waited for. */
export function create(runtime: Runtime, id = runtime.id): void {
  quietly(runtime, ["create", "-b", runtime.bundle, id]);
}

/** Starts the container of the bundle, detached. */
export function start(runtime: Runtime): void {
  create(runtime);
  quietly(runtime, ["start", runtime.id]);
}

function quietly({ program, root, bundle }: Runtime, args: readonly string[]): void {
  const log = join(bundle, "log");
  const { status } = spawnSync(program, ["--root", root, "--log", log, ...args], { stdio: "ignore" });
  if (status !== 0) throw new Error(`Cannot ${args.join(" ")}: ${readFileSync(log, "utf8")}`);
}

/** Not the defaults of `runc spec`: no terminal, and a root that can be written. */
function makeBundle(bundle: string, change: (spec: Spec) => Spec): void {
  const rootfs = join(bundle, "rootfs");
  for (const name of ["bin", "proc", "dev", "sys", "tmp"]) mkdirSync(join(rootfs, name), { recursive: true });
  copyFileSync(BUSYBOX, join(rootfs, "bin/busybox"));
  for (const name of ["sh", "sleep"]) symlinkSync("busybox", join(rootfs, "bin", name));
  const spec = defaultSpec("1.0.2");
  const usual = {
    ...spec,
    root: { path: "rootfs" },
    process: { ...spec.process!, terminal: false, args: ["sleep", "1000"] },
  };
  writeFileSync(join(bundle, "config.json"), JSON.stringify(change(usual)));
}

/** As `expect.poll`, on a machine that has other things to do as well. */
export function eventually<Value>(read: () => Value) {
  return expect.poll(read, { timeout: 20_000 });
}

/** The message of a log line. The genuine one calls itself by its path. */
export function message({ stderr }: Outcome): string {
  const [, quoted = stderr] = /level=error msg=(.*)/.exec(stderr) ?? [];
  const text = quoted.startsWith('"') ? (JSON.parse(quoted) as string) : quoted;
  return text.replace(GENUINE, "runc");
}
