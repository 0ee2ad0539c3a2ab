/** A genuine Podman with everything in a directory of its own. It has no daemon: each command looks into that directory. */
import { existsSync, readdirSync, rmdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isMountPoint } from "@eras/linux/mountinfo.ts";
import { type ProgramResult, runProgram, shellEnvironment } from "../harness/run-program.ts";
import type { Runtime } from "../harness/runtime-under-test.ts";

/**
 * What Podman's flags don't reach.
 *
 * Its limits by default (1 048 576 files) are beyond what a container's root may set without CAP_SYS_RESOURCE. It understands the
 * log of a runtime whose name it knows.
 */
const config = (runtimes: readonly Runtime[]) => `[containers]
cgroupns = "host"
default_ulimits = ["nofile=1024:1024", "nproc=4096:4096"]
init_path = "/usr/bin/docker-init"
[engine]
runtime_supports_json = [${runtimes.map(({ name }) => `"${name}"`).join(", ")}]
[engine.runtimes]
${runtimes.map(({ name, path }) => `${name} = ["${path}"]`).join("\n")}
`;

export class GenuinePodman {
  readonly #dir: string;
  readonly #flags: readonly string[];

  /** @param runtimes - For `--runtime`, by name. */
  constructor(dir: string, runtimes: readonly Runtime[]) {
    this.#dir = dir;
    writeFileSync(join(dir, "containers.conf"), config(runtimes));
    this.#flags = [
      ...["--root", join(dir, "root"), "--runroot", join(dir, "run"), "--tmpdir", join(dir, "tmp")],
      ...["--cgroup-manager", "cgroupfs", "--storage-driver", "vfs", "--events-backend", "file"],
    ];
  }

  /** The arguments of `podman` that lead here; a subcommand follows. */
  flags(runtime: Runtime): readonly string[] {
    return [...this.#flags, "--runtime", runtime.name];
  }

  get env(): NodeJS.ProcessEnv {
    return { ...shellEnvironment(), CONTAINERS_CONF: join(this.#dir, "containers.conf") };
  }

  /** Runs the genuine `podman`, which may fail. */
  run(runtime: Runtime, args: readonly string[], input?: string | Buffer): Promise<ProgramResult> {
    return runProgram("podman", [...this.flags(runtime), ...args], {
      input,
      env: this.env,
      cwd: this.#dir, // where conmon leaves a file when memory runs out
    });
  }

  /** Loads an archive as `docker save` writes it. @throws {Error} */
  async load(runtime: Runtime, archive: Buffer): Promise<void> {
    const { status, stderr } = await this.run(runtime, ["load"], archive);
    if (status !== 0) throw new Error(`Cannot load an image into genuine Podman: ${stderr}`);
  }

  /**
   * Removes every container, also one that runs, and the directory.
   *
   * @param cgroupParent - Of all containers.
   */
  async remove(runtime: Runtime, cgroupParent: string): Promise<void> {
    await this.run(runtime, ["rm", "--all", "--force", "--time", "0"]);
    removeUnmountedCgroups(cgroupParent);
    rmSync(this.#dir, { recursive: true, force: true });
  }
}

/** Podman makes plain directories for controllers that are not mounted: /sys/fs/cgroup/hugetlb/PARENT/conmon. */
function removeUnmountedCgroups(cgroupParent: string): void {
  const controllers = readdirSync("/sys/fs/cgroup").map((name) => `/sys/fs/cgroup/${name}`);
  for (const controller of controllers.filter((path) => existsSync(join(path, cgroupParent)) && !isMountPoint(path))) {
    rmSync(join(controller, cgroupParent), { recursive: true });
    if (readdirSync(controller).length === 0) rmdirSync(controller);
  }
}
