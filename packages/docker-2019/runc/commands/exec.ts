/** `runc exec`: starts a further process in a container that runs. */
import { readFileSync } from "node:fs";
import { isAbsolute } from "node:path";
import { setChildSubreaper } from "@eras/linux/prctl.ts";
import { kill } from "@eras/linux/signals.ts";
import { waitpid } from "@eras/linux/wait.ts";
import { FailedPrecondition, InvalidArgument } from "@eras/oci-spec/errdefs.ts";
import type { LinuxCapabilities, Process, Spec, User } from "@eras/oci-spec/runtime/config.ts";
import { defineCommand, type FlagValues } from "../command.ts";
import { Container } from "../container/container.ts";
import { execProcess } from "../container/exec-process.ts";
import { attend } from "../container/foreground.ts";
import { writePidFile } from "../container/pid-file.ts";
import { pidfdSender } from "../container/process-parts.ts";
import { ensureSealed } from "../init/sealed.ts";
import { PROCESS_FLAGS } from "../process-flags.ts";
import { keepConsole } from "../terminal/console-socket.ts";

const FLAGS = {
  "console-socket": PROCESS_FLAGS["console-socket"],
  "pidfd-socket": PROCESS_FLAGS["pidfd-socket"],
  cwd: { type: "string", description: "current working directory in the container" },
  env: { type: "string", short: "e", multiple: true, description: "set environment variables" },
  tty: { type: "boolean", short: "t", description: "allocate a pseudo-TTY" },
  user: { type: "string", short: "u", description: "UID (format: <uid>[:<gid>])" },
  "additional-gids": { type: "number", short: "g", multiple: true, description: "additional gids" },
  process: { type: "string", short: "p", description: "path to the process.json" },
  detach: { type: "boolean", short: "d", description: "detach from the container's process" },
  "pid-file": PROCESS_FLAGS["pid-file"],
  "process-label": {
    type: "string",
    description: "set the asm process label for the process commonly used with selinux",
  },
  apparmor: { type: "string", description: "set the apparmor profile for the process" },
  "no-new-privs": { type: "boolean", description: "set the no new privileges value for the process" },
  cap: {
    type: "string",
    short: "c",
    multiple: true,
    description: "add a capability to the bounding set for the process",
  },
  "preserve-fds": PROCESS_FLAGS["preserve-fds"],
  cgroup: {
    type: "string",
    multiple: true,
    description: "run the process in an (existing) sub-cgroup(s). Format is [<controller>:]<cgroup>.",
  },
  "ignore-paused": { type: "boolean", description: "allow exec in a paused container" },
} as const;

const SIGKILL = 9;

export const command = defineCommand({
  usage: "[command options] <container-id> <command> [command options]  || -p process.json <container-id>",
  summary: "execute new process inside the container",
  description: `Starts a command in a running container:

       # runc exec <container-id> ps`,
  flags: FLAGS,
  minArgs: 1,
  flagsFirst: true,
  failurePrefix: "exec failed: ",
  failureStatus: 255,
  async run({ globals, flags, args: [id, ...args] }) {
    await ensureSealed(flags["preserve-fds"]);
    const container = Container.load(globals.root, id!);
    checkStatus(container, flags["ignore-paused"] ?? false);
    const wanted =
      flags.process === undefined
        ? fromFlags(container.state.spec, flags, args)
        : await fromFile(container.state.spec, flags.process);
    const { terminal = false } = wanted;
    const detach = flags.detach ?? false;
    const keeper = await keepConsole({ terminal, detach, consoleSocket: flags["console-socket"] });
    const pid = await execProcess(container, {
      process: wanted,
      preserveFds: flags["preserve-fds"] ?? 0,
      consoleFd: keeper.consoleFd,
      onConsole: () => keeper.proxy?.receive(),
      subCgroups: flags.cgroup ?? [],
      sendPidfd: await pidfdSender(flags["pidfd-socket"], "setns"),
    });
    keeper.closeSocket();
    if (flags["pid-file"]) writeExecPid(flags["pid-file"], pid);
    if (!detach) return attend(pid, keeper.proxy);
    setChildSubreaper(false);
    return 0;
  },
});

function checkStatus(container: Container, ignorePaused: boolean): void {
  const { status } = container;
  if (status === "stopped" || status === "creating") {
    throw new FailedPrecondition(`cannot exec in a ${status} container`);
  }
  if (status === "paused" && !ignorePaused) {
    throw new FailedPrecondition("cannot exec in a paused container (use --ignore-paused to override)");
  }
}

/** Without it nobody would find the process, which goes again then. */
function writeExecPid(path: string, pid: number): void {
  try {
    writePidFile(path, pid);
  } catch (error) {
    kill(pid, SIGKILL);
    waitpid(pid);
    throw error;
  }
}

/** What a shim writes for us. Of what confines a process it has the container's where the file says nothing. */
async function fromFile({ process: own }: Spec, path: string): Promise<Process> {
  const { parseProcess } = await import("@eras/oci-spec/runtime/parse.ts");
  const { capabilities, apparmorProfile, selinuxLabel } = own!;
  return {
    ...(capabilities && { capabilities }),
    ...(apparmorProfile && { apparmorProfile }),
    ...(selinuxLabel && { selinuxLabel }),
    ...parseProcess(readFileSync(path, "utf8")).value,
  };
}

/** The container's own process, with other arguments. */
function fromFlags({ process: own }: Spec, flags: FlagValues<typeof FLAGS>, args: readonly string[]): Process {
  if (args.length === 0) throw new InvalidArgument("process args cannot be empty");
  if (flags.cwd && !isAbsolute(flags.cwd)) throw new InvalidArgument("Cwd must be an absolute path");
  const { consoleSize: _, ...rest } = own!;
  return {
    ...rest,
    args,
    terminal: flags.tty ?? false,
    env: [...(own!.env ?? []), ...(flags.env ?? [])],
    user: userOf(own!.user, flags),
    ...(flags.cwd !== undefined && { cwd: flags.cwd }),
    ...(flags["process-label"] && { selinuxLabel: flags["process-label"] }),
    ...(flags.apparmor && { apparmorProfile: flags.apparmor }),
    ...(flags["no-new-privs"] !== undefined && { noNewPrivileges: flags["no-new-privs"] }),
    ...(flags.cap && { capabilities: withCapabilities(own!.capabilities, flags.cap) }),
  };
}

function userOf(own: User | undefined, flags: FlagValues<typeof FLAGS>): User {
  const [uid, gid] = parseUser(flags.user);
  const additionalGids = flags["additional-gids"];
  const negative = additionalGids?.find((gid) => gid < 0);
  if (negative !== undefined) throw new InvalidArgument(`additional-gids must be a positive number ${negative}`);
  return {
    ...own,
    ...(uid !== undefined && { uid }),
    ...(gid !== undefined && { gid }),
    ...(additionalGids && { additionalGids: [...(own?.additionalGids ?? []), ...additionalGids] }),
  };
}

function parseUser(user: string | undefined): [uid?: number, gid?: number] {
  if (user === undefined) return [];
  const [, uid, gid] = /^(\d+)(?::(\d+))?$/.exec(user) ?? [];
  if (uid === undefined) throw new InvalidArgument(`Cannot use --user ${user}: numbers are needed, as in 1000:1000`);
  return gid === undefined ? [Number(uid)] : [Number(uid), Number(gid)];
}

/** In all sets: the process is to have it. What can't be inherited is not ambient either, and is passed over there. */
function withCapabilities(own: LinuxCapabilities = {}, added: readonly string[]): LinuxCapabilities {
  const all = (names: readonly string[] = []) => [...new Set([...names, ...added])];
  return {
    bounding: all(own.bounding),
    effective: all(own.effective),
    permitted: all(own.permitted),
    inheritable: own.inheritable ?? [],
    ambient: all(own.ambient),
  };
}
