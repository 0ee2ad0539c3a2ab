/** Checks that only look: at files of the kernel, at the process, at ports and disks. None changes anything. */
import { accessSync, constants, existsSync, readFileSync, statfsSync } from "node:fs";
import { release } from "node:os";
import { join } from "node:path";
import { isatty } from "node:tty";
import { isErrno } from "@eras/linux/errno.ts";
import { readMountinfo } from "@eras/linux/mountinfo.ts";
import { cachedBusybox, hostBusybox } from "../shelf/static-busybox.ts";
import type { Directories } from "../world.ts";
import { type Check, judge } from "./check.ts";
import { existingParent } from "./state-directory.ts";

/** openat2 and pidfds came with 5.3 to 5.6, close_range and mount_setattr, which seals the init, by 5.12. */
const MIN_KERNEL = [5, 12] as const;
const MIN_FREE_BYTES = 200 * 1024 * 1024;
const CAP_SYS_ADMIN = 21n;
export const CONTROLLERS = ["devices", "memory", "cpu", "cpuset", "pids", "freezer", "blkio"] as const;
export type Controller = (typeof CONTROLLERS)[number];
const CAPABILITIES_NEEDED = {
  chown: 0n,
  dac_override: 1n,
  setuid: 7n,
  net_admin: 12n,
  sys_chroot: 18n,
  sys_admin: CAP_SYS_ADMIN,
  mknod: 27n,
};

export function kernelCheck(): Check {
  const [major = 0, minor = 0] = release().split(".").map(Number);
  const old = major < MIN_KERNEL[0] || (major === MIN_KERNEL[0] && minor < MIN_KERNEL[1]);
  return judge(
    {
      capability: `kernel ${MIN_KERNEL.join(".")}`,
      neededBy: "everything",
      required: true,
      remedy: "use a distribution of 2022 or later: Debian 12, Ubuntu 22.04",
    },
    old ? release() : undefined,
    release(),
  );
}

/** Root in a container lacks some; then the container must be given them. @param neededBy - A program. */
export function capabilityCheck(neededBy: string): Check {
  const [, mask = "0"] = /^CapEff:\s*([0-9a-f]+)$/m.exec(readFileSync("/proc/self/status", "utf8")) ?? [];
  const lacking = Object.entries(CAPABILITIES_NEEDED).filter(([, bit]) => !((BigInt(`0x${mask}`) >> bit) & 1n));
  return judge(
    {
      capability: "capabilities",
      neededBy,
      required: true,
      remedy: "inside a container, start that with --privileged or with these capabilities",
    },
    lacking.length > 0 ? `no ${lacking.map(([name]) => `CAP_${name.toUpperCase()}`).join(", ")}` : undefined,
    "all that are needed",
  );
}

/** @param program - That makes them. @param limits - What a user calls the limits, by controller. */
export function cgroupChecks(program: string, limits: Readonly<Record<Controller, string>>): Check[] {
  const mounts = readMountinfo().filter(({ type }) => type === "cgroup" || type === "cgroup2");
  const v1 = mounts.filter(({ type }) => type === "cgroup");
  const v2 = mounts.find(({ type }) => type === "cgroup2");
  const mode = v1.length === 0 ? "v2" : v2 ? "hybrid" : "v1";
  const writable = mounts.filter(({ mountPoint }) => isWritable(mountPoint));
  const remedy =
    "mount -t cgroup2 none /sys/fs/cgroup; inside a container, start that with --privileged and --cgroupns=host";
  const problem = mounts.length === 0 ? "none is mounted" : writable.length === 0 ? "mounted read-only" : undefined;
  const controllers = new Set([
    ...v1.flatMap(({ superOptions }) => superOptions),
    ...(v2 ? v2Controllers(v2.mountPoint) : []),
  ]);
  return [
    judge({ capability: "cgroups", neededBy: program, required: true, remedy }, problem, mode),
    ...CONTROLLERS.map((controller) =>
      judge(
        {
          capability: `cgroup ${controller}`,
          neededBy: limits[controller],
          required: controller === "devices", // every container has its list of devices
          remedy: "enable it in the kernel's command line or configuration",
        },
        controllers.has(controller) ? undefined : "not available",
        v1.find(({ superOptions }) => superOptions.includes(controller))?.mountPoint ?? v2?.mountPoint,
      ),
    ),
  ];
}

/** Version 2 has blkio under another name, and freezes and filters devices without a controller. */
function v2Controllers(mountPoint: string): string[] {
  const names = readFileSync(join(mountPoint, "cgroup.controllers"), "utf8").trim().split(" ");
  return [...names.map((name) => (name === "io" ? "blkio" : name)), "devices", "freezer"];
}

/** @param neededBy - What a user calls them. */
export function seccompCheck(neededBy: string): Check {
  const available = existsSync("/proc/sys/kernel/seccomp/actions_avail");
  return judge(
    {
      capability: "seccomp filters",
      neededBy,
      required: false,
      remedy: "use a kernel with CONFIG_SECCOMP_FILTER",
    },
    available ? undefined : "not in this kernel",
    "in this kernel",
  );
}

/** @param neededBy - What a user calls them. */
export function lsmCheck(neededBy: string): Check {
  const active = existsSync("/sys/kernel/security/lsm") ? readFileSync("/sys/kernel/security/lsm", "utf8") : "";
  const found = ["apparmor", "selinux"].filter((name) => active.split(",").includes(name));
  return judge(
    {
      capability: "AppArmor or SELinux",
      neededBy,
      required: false,
      remedy: "boot with security=apparmor or security=selinux",
    },
    found.length > 0 ? undefined : "neither is active",
    found.join(", "),
  );
}

export function busyboxCheck(): Check {
  const source = hostBusybox() ?? cachedBusybox();
  return judge(
    {
      capability: "busybox",
      neededBy: "the image busybox",
      required: false,
      remedy: "install a statically linked busybox",
    },
    source || hasApt() ? undefined : "no static busybox, no apt",
    source ?? "to be downloaded through apt",
  );
}

/** Whether a package's files can be had without installing it. */
export const hasApt = () => existsSync("/usr/bin/apt-get") && existsSync("/usr/bin/dpkg-deb");

/** Asks the file system of the state directory. @param variable - That names another. */
export function diskCheck(world: Directories, variable: string): Check {
  const { bavail, bsize } = statfsSync(existingParent(world.rootDir));
  const free = bavail * bsize;
  return judge(
    {
      capability: "disk space",
      neededBy: "images",
      required: true,
      remedy: `make room, or name another directory in ${variable}`,
    },
    free < MIN_FREE_BYTES ? `${mebibytes(free)} free, ${mebibytes(MIN_FREE_BYTES)} needed` : undefined,
    `${mebibytes(free)} free`,
  );
}

const mebibytes = (bytes: number) => `${Math.floor(bytes / 1024 ** 2)} MiB`;

/** Asks the descriptor alone: process.stdout would make it non-blocking for the client that this process may become. */
export function terminalCheck(neededBy: string): Check {
  return judge(
    { capability: "terminal", neededBy, required: false, remedy: "" },
    isatty(0) && isatty(1) ? undefined : "input or output is not a terminal",
    process.env.TERM ?? "no TERM",
  );
}

function isWritable(path: string): boolean {
  try {
    accessSync(path, constants.W_OK);
    return true;
  } catch (error) {
    if (isErrno(error, "EROFS", "EACCES", "ENOENT")) return false;
    throw error;
  }
}
