/**
 * A genuine LXC of today in place of the lxc-start of 2013: Debian's lxc-start 5, for one.
 *
 * What changed in between, and how it is bridged:
 *
 *     keys were renamed (LXC 2.1, 2017)                    config.lxc is converted, line by line
 *     no network key means an empty network namespace      lxc.net.0.type = none
 *     lxc-start goes to the background                     -F
 *     its exit code is 0 whatever the container's was      read from its log: -l INFO -o LOG
 *     the caller's environment is not handed on            lxc.environment lines
 *     a bind mount on a missing file fails                 create=file
 *     nobody gives the terminal a name and an owner        mounted at /dev/console; the image's sh takes control of it
 *     SIGKILL leaves cgroups behind                        removed here
 */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { cgroupTrees } from "@eras/cgroups/detect.ts";
import { openCgroup } from "@eras/cgroups/open.ts";
import { removeCgroup, removeEmpty } from "@eras/cgroups/remove.ts";
import { isErrno } from "@eras/linux/errno.ts";
import { findProgram } from "@eras/linux/exec.ts";
import { execLxcStart, type Lxc, type LxcContainer, type LxcProcess, LxcStart } from "./lxc.ts";
import { DEFAULT_LXC_START } from "./paths.ts";
import { UNKNOWN_EXIT_CODE } from "./state.ts";
import type { ChildStdio } from "./stdio.ts";

/** New names of the keys that the template uses or offers, and of those that confine: lxc-update-config(1). */
const RENAMED: Readonly<Record<string, string>> = {
  "lxc.utsname": "lxc.uts.name",
  "lxc.rootfs": "lxc.rootfs.path",
  "lxc.pts": "lxc.pty.max",
  "lxc.console": "lxc.console.path",
  "lxc.tty": "lxc.tty.max",
  "lxc.aa_profile": "lxc.apparmor.profile",
  "lxc.se_context": "lxc.selinux.context",
  "lxc.seccomp": "lxc.seccomp.profile",
  "lxc.id_map": "lxc.idmap",
};
/** The v2 control files for those of v1 that the template sets. LXC takes from the two families what the host has. */
const V2_KEYS: Readonly<Record<string, string>> = {
  "lxc.cgroup.devices.deny": "lxc.cgroup2.devices.deny",
  "lxc.cgroup.devices.allow": "lxc.cgroup2.devices.allow",
  "lxc.cgroup.memory.limit_in_bytes": "lxc.cgroup2.memory.max",
};

const SHELL = "/bin/sh";

/** A cgroup of LXC's, for all its containers. */
export const LXC_PIVOT = "lxc.pivot";

/** Chooses by what the program says of itself: LXC of 2.1 and later speaks the new keys. Ours needs no asking. */
export function chooseLxc(program: string, lxcPath: string): Lxc {
  if (program === DEFAULT_LXC_START) return new LxcStart(program);
  const [major = 0, minor = 0] = versionOf(program).split(".").map(Number);
  return major > 2 || (major === 2 && minor >= 1) ? new GenuineLxc(program, lxcPath) : new LxcStart(program);
}

function versionOf(program: string): string {
  try {
    return (
      /^\d+\.\d+/.exec(
        execFileSync(program, ["--version"], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }),
      )?.[0] ?? ""
    );
  } catch (error) {
    if (isErrno(error, "ENOENT", "EACCES"))
      throw new Error(`Cannot run ${program}: there is no such program`, { cause: error });
    return ""; // it knows no --version
  }
}

class GenuineLxc implements Lxc {
  readonly #program: string;
  readonly #lxcPath: string;

  /** @param lxcPath - A directory of LXC's own, absolute. */
  constructor(program: string, lxcPath: string) {
    this.#program = program;
    this.#lxcPath = lxcPath;
    mkdirSync(lxcPath, { recursive: true, mode: 0o700 });
  }

  start({ Id, lxcConfigPath, Filesystem, Path, Args }: LxcContainer, stdio: ChildStdio): LxcProcess {
    const config = join(dirname(lxcConfigPath), "genuine.lxc");
    const log = join(dirname(lxcConfigPath), "genuine.log");
    const terminal = stdio[0] === stdio[1] ? readlinkSync(`/proc/self/fd/${stdio[1]}`) : undefined;
    rmSync(log, { force: true });
    writeFileSync(config, convertConfig(readFileSync(lxcConfigPath, "utf8"), terminal));
    const command = terminal ? takingTerminal(Filesystem.RootFS, [Path, ...Args]) : [Path, ...Args];
    const params = ["-F", "-P", this.#lxcPath, "-l", "INFO", "-o", log, "-n", Id, "-f", config, "--", ...command];
    const { pid, exited } = execLxcStart(this.#program, params, stdio);
    return { pid, exited: exited.then((code) => code || codeInLog(log)) };
  }

  async cleanUp(id: string): Promise<void> {
    const left = cgroupsOf(id);
    for (const name of new Set(left.map((path) => basename(path)))) await openCgroup(`/${name}`).killAll();
    for (const path of left) await removeCgroup(path);
    for (const root of cgroupTrees()) removeEmpty(join(root, LXC_PIVOT)); // where LXC steps aside to remove its own, and always leaves
    rmSync(join(this.#lxcPath, id), { recursive: true, force: true });
  }
}

/**
 * The command, as run by a shell that makes the terminal its controlling one: a leader of a session without one does so by opening it.
 * In an image without sh Ctrl-C and job control don't work, as in 2013.
 */
function takingTerminal(rootfs: string, command: readonly string[]): readonly string[] {
  try {
    findProgram(SHELL, "", rootfs);
  } catch {
    return command;
  }
  return [SHELL, "-c", 'exec "$0" "$@" <>/dev/console', ...command];
}

/** LXC's cgroups for a container. It puts -1 to a name that is not free yet: that of a container which ended just now. */
function cgroupsOf(id: string): string[] {
  const name = new RegExp(`^lxc\\.(payload|monitor)\\.${id}(-\\d+)?$`);
  return cgroupTrees().flatMap((root) =>
    readdirSync(root)
      .filter((child) => name.test(child))
      .map((child) => join(root, child)),
  );
}

/**
 * A config.lxc of 2013 in today's keys.
 *
 * @param terminal - Name on the host of the terminal that the container gets, if any.
 */
export function convertConfig(config: string, terminal?: string): string {
  const settings = config
    .split("\n")
    .map((line) => /^(lxc\.\S+) = (.*)$/.exec(line))
    .flatMap((match) => (match ? convertSetting(match[1]!, match[2]!) : []));
  if (terminal) settings.push(`lxc.mount.entry = ${terminal} dev/console none bind,create=file 0 0`);
  return [...settings, "lxc.net.0.type = none", ...environment()].map((line) => `${line}\n`).join("");
}

function convertSetting(key: string, value: string): string[] {
  if (key === "lxc.mount.entry") return [`${key} = ${value.replace(" bind,ro ", " bind,ro,create=file ")}`];
  const v2 = V2_KEYS[key];
  return [`${RENAMED[key] ?? key} = ${value}`, ...(v2 ? [`${v2} = ${value}`] : [])];
}

/** What the daemon has, as LXC 0.8 handed it on; but for the variables that are about the daemon's own Node. */
function environment(): string[] {
  return Object.entries({ TERM: "xterm", ...process.env })
    .filter(([name, value]) => !/^NODE_|^ERAS_/.test(name) && !value?.includes("\n"))
    .map(([name, value]) => `lxc.environment = ${name}=${value}`);
}

/** The exit code that LXC noted; no note means 0. */
function codeInLog(path: string): number {
  if (!existsSync(path)) return UNKNOWN_EXIT_CODE; // it was stopped before it could note anything
  const log = readFileSync(path, "utf8");
  const [, error, signal] = /ended on (?:error \((\d+)\)|signal .*\((\d+)\))/.exec(log) ?? [];
  if (error !== undefined) return Number(error);
  return signal === undefined ? 0 : 128 + Number(signal);
}
