/** What the virtual machine, and its tests, need from this one. */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";

/** From program to Debian package. */
const PROGRAMS = {
  "qemu-system-x86_64": "qemu-system-x86",
  busybox: "busybox-static",
  cpio: "cpio",
  depmod: "kmod",
  modprobe: "kmod",
  dpkg: "dpkg",
  "apt-get": "apt",
  apparmor_parser: "apparmor",
  checkpolicy: "checkpolicy",
  "lxc-start": "lxc",
};

/**
 * Refuses a machine that can't run the virtual one.
 *
 * @throws {Error} Says how to get what is missing.
 */
export function checkRequirements(): void {
  if (process.arch !== "x64") throw new Error(`Cannot run the virtual machine on ${process.arch}: x64 is needed`);
  const missing = Object.entries(PROGRAMS).filter(([program]) => find(program) === undefined);
  if (missing.length > 0) {
    const packages = [...new Set(missing.map(([, name]) => name))];
    throw new Error(
      `Cannot find ${missing.map(([program]) => program).join(", ")}: apt-get install ${packages.join(" ")}`,
    );
  }
  const busybox = find("busybox")!;
  if (needsLibraries(busybox))
    throw new Error(`Cannot use ${busybox}, it is not static: apt-get install busybox-static`);
}

/** A program with libraries names their loader near its beginning: PT_INTERP of elf(5). */
const ELF_INTERPRETER_WITHIN = 4096;

/** The first root directory has no libraries, so its busybox must need none: Debian's `busybox` does, `busybox-static` doesn't. */
function needsLibraries(program: string): boolean {
  return readFileSync(program).subarray(0, ELF_INTERPRETER_WITHIN).includes("ld-linux");
}

/** Where a program is; the directories of root's programs are looked at too. */
export function find(program: string): string | undefined {
  const { status, stdout } = spawnSync("sh", ["-c", 'command -v "$1"', "sh", program], {
    env: ENVIRONMENT,
    encoding: "utf8",
  });
  return status === 0 ? stdout.trim() : undefined;
}

/** The environment for programs that only root uses. */
export const ENVIRONMENT = { ...process.env, PATH: `${process.env.PATH}:/usr/sbin:/sbin` };
