/**
 * runc of 2019 against runc and crun, each with the same bundle, that of `runc spec` with the program /bin/true:
 *
 *     run                        to its end
 *     create, start, delete      the wait for the program's end is not counted
 *     exec                       in a container that runs
 */
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { CLONE_FS, CLONE_NEWNS, setns, unshare } from "@eras/linux/namespaces.ts";
import { processExists } from "@eras/linux/proc.ts";
import { defaultSpec, formatSpec } from "@eras/oci-spec/runtime/defaults.ts";
import { busyboxTar } from "../harness/docker-2013.ts";
import { type Contender, interleave } from "./interleaved.ts";
import { progress, report } from "./report.ts";

const OURS = resolve(import.meta.dirname, "../../bin/runc-2019");
/** The cgroup2 mount of a hybrid host, with which crun 1.8 refuses to work. */
const HYBRID = "/sys/fs/cgroup/unified";

/** A runtime, and the names of its containers. */
interface Runtime {
  readonly name: string;
  /** A command of it. */
  argv(...args: string[]): [string, ...string[]];
  readonly within: NonNullable<Contender["within"]>;
}

/** @param turns - Counted runs of each. */
export async function benchRunc(turns: number): Promise<void> {
  const dir = mkdtempSync(join(tmpdir(), "docker-eras-bench-"));
  const withoutHybrid = await MountNamespace.without(HYBRID);
  const here = <Result>(work: () => Result) => work();
  const runtimes: Runtime[] = [
    { name: "runc-2019", argv: (...args) => [OURS, "--root", join(dir, "ours"), ...args], within: here },
    { name: "runc", argv: (...args) => ["runc", "--root", join(dir, "runc"), ...args], within: here },
    { name: "crun", argv: (...args) => ["crun", "--root", join(dir, "crun"), ...args], within: withoutHybrid.call },
  ];
  const bundle = makeBundle(join(dir, "bundle"), ["/bin/true"]);
  const lasting = makeBundle(join(dir, "lasting"), ["/bin/sleep", "1000000"]);
  try {
    for (const runtime of runtimes) call(runtime, "run", "--detach", "--bundle", lasting, lastingId(runtime));
    await compare(
      runtimes.map((runtime) => run(runtime, bundle)),
      turns,
    );
    await compare(
      runtimes.map((runtime) => lifecycle(runtime, bundle, join(dir, "pid"))),
      turns,
    );
    await compare(runtimes.map(exec), turns);
  } finally {
    for (const runtime of runtimes) call(runtime, "delete", "--force", lastingId(runtime));
    withoutHybrid.close();
    rmSync(dir, { recursive: true });
  }
}

async function compare(contenders: readonly Contender[], turns: number): Promise<void> {
  const [ours, ...others] = contenders.map(({ name }) => name) as [string, ...string[]];
  report(
    await interleave(contenders, turns, progress(turns)),
    others.map((other) => [ours, other]),
  );
}

const id = ({ name }: Runtime) => `docker-eras-bench-${name}`;
const lastingId = (runtime: Runtime) => `${id(runtime)}-lasting`;

function run(runtime: Runtime, bundle: string): Contender {
  const { name, within } = runtime;
  return { name: `${name} run`, within, commands: [{ argv: runtime.argv("run", "--bundle", bundle, id(runtime)) }] };
}

function lifecycle(runtime: Runtime, bundle: string, pidFile: string): Contender {
  const { name, argv, within } = runtime;
  return {
    name: `${name} create, start, delete`,
    within,
    commands: [
      { argv: argv("create", "--bundle", bundle, "--pid-file", pidFile, id(runtime)) },
      { argv: argv("start", id(runtime)) },
      { argv: argv("delete", id(runtime)), before: () => waitForEnd(Number(readFileSync(pidFile, "utf8"))) },
    ],
  };
}

function waitForEnd(pid: number): void {
  while (processExists(pid));
}

function exec(runtime: Runtime): Contender {
  const { name, within } = runtime;
  return { name: `${name} exec`, within, commands: [{ argv: runtime.argv("exec", lastingId(runtime), "/bin/true") }] };
}

function call({ argv, within }: Runtime, ...args: string[]): void {
  const [program, ...words] = argv(...args);
  within(() => execFileSync(program, words, { stdio: "ignore" }));
}

function makeBundle(bundle: string, args: readonly string[]): string {
  const rootfs = join(bundle, "rootfs");
  mkdirSync(rootfs, { recursive: true });
  execFileSync("tar", ["-C", rootfs, "-x"], { input: busyboxTar() });
  const spec = defaultSpec("1.0.2");
  writeFileSync(
    join(bundle, "config.json"),
    formatSpec({ ...spec, process: { ...spec.process!, terminal: false, args } }),
  );
  return bundle;
}

/** A mount namespace to run commands in, without the cost of a program that enters it. */
class MountNamespace {
  readonly #own: number;
  readonly #other: number;

  private constructor(other: number) {
    this.#own = openSync("/proc/self/ns/mnt", "r");
    this.#other = other;
    unshare(CLONE_FS); // a thread can't change its mount namespace while others share its root
  }

  /** One like ours, in which nothing is mounted at `path`. */
  static async without(path: string): Promise<MountNamespace> {
    const script = `if mountpoint -q "$0"; then umount "$0"; fi; echo ready; read end`;
    const maker = spawn("unshare", ["--mount", "sh", "-c", script, path], { stdio: ["pipe", "pipe", "inherit"] });
    await once(maker.stdout, "data");
    const other = openSync(`/proc/${maker.pid}/ns/mnt`, "r");
    maker.stdin.end();
    return new MountNamespace(other);
  }

  readonly call = <Result>(work: () => Result): Result => {
    setns(this.#other, CLONE_NEWNS);
    try {
      return work();
    } finally {
      setns(this.#own, CLONE_NEWNS);
    }
  };

  close(): void {
    closeSync(this.#own);
    closeSync(this.#other);
  }
}
