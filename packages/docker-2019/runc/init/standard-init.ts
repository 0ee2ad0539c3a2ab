/**
 * The init of a new container: PID 1 of its PID namespace, if it has one. It furnishes the container from the inside and ends by becoming the
 * user's program, with the same PID.
 *
 * It is a fork of runc, of one thread (packages/linux/fork.ts): everything is synchronous, nothing awaits or loads a module. The order of the
 * calls is the lesson; what is odd about it has its reason beside it.
 */
import { constants } from "node:os";
import { setdomainname, sethostname } from "@eras/linux/hostname.ts";
import { setDumpable, setNoNewPrivs } from "@eras/linux/prctl.ts";
import { exitOn } from "@eras/linux/signals.ts";
import { setsid } from "@eras/linux/tty.ts";
import type { Spec } from "@eras/oci-spec/runtime/config.ts";
import type { State } from "@eras/oci-spec/runtime/state.ts";
import { traceFds } from "@eras/trace/context.ts";
import { step } from "../../step.ts";
import { openOwnDescriptors, waitForStart } from "../container/exec-fifo.ts";
import { runHooks } from "../container/hooks.ts";
import type { ContainerCapabilities } from "../process/capabilities.ts";
import { dropPrivileges } from "../process/drop-privileges.ts";
import { listenFdsVariables, parseEnvironment, withHome } from "../process/environment.ts";
import { createSessionKeyring } from "../process/keyring.ts";
import { findProgram } from "../process/program.ts";
import { resolveUser } from "../process/user.ts";
import { makeWorkingDirectory } from "../process/working-directory.ts";
import { maskPaths, readonlyPaths } from "../rootfs/masked-paths.ts";
import { finishRootfs, pivotInto, prepareRootfs, type RootfsPlan } from "../rootfs/rootfs.ts";
import { becomeProgram, DEFAULT_UMASK, late, type ProgramPlan } from "./become-program.ts";
import { closeDescriptors } from "./descriptors.ts";
import { bringLoopbackUp } from "./loopback.ts";
import { hasNamespace, hasNewNamespace } from "./namespaces.ts";
import type { ChildEnd } from "./sync.ts";

/** All that the init needs to know; it was read and checked before the fork. */
export interface InitPlan extends ProgramPlan {
  readonly id: string;
  readonly rootfs: RootfsPlan;
  readonly capabilities: ContainerCapabilities;
  /** Of exec.fifo. */
  readonly fifo: number;
  /** Started by a user who isn't root: nobody else could look at the waiting init, and he himself may if it is dumpable. */
  readonly rootless: boolean;
  /** A session keyring of its own. */
  readonly keyring: boolean;
  /** Of these, how many a service manager has passed. */
  readonly listenFds: number;
  /** What hooks are told. */
  readonly state: State;
}

/** Runs from birth to execve. @throws {Error} When it can't go on: the caller reports it and ends the process. */
export function standardInit(plan: InitPlan, runc: ChildEnd): never {
  const { process: wanted, parts, rootfs } = plan;
  const { spec } = rootfs;
  const { hooks, linux = {} } = spec;
  runc.awaitGo(); // runc has mapped ids
  process.title = "runc init"; // what ps shows of a container that waits to be started
  if (plan.keyring) parts.keyLabel?.();
  if (plan.keyring) createSessionKeyring(plan.id, { inUserNamespace: hasNamespace(linux, "user") });
  setsid(); // away from the terminal of whoever started runc
  if (hasNewNamespace(linux, "pid")) exitOn(ENDING_SIGNALS); // for who stops a container that hasn't been started
  if (hasNewNamespace(linux, "network")) bringLoopbackUp();
  prepareRootfs(rootfs); // mounts and devices, while host paths are still in reach
  const ownDescriptors = openOwnDescriptors(rootfs.rootfs);
  runc.ask({ kind: "mounted" }); // runc calls hooks in its own namespaces
  process.chdir(rootfs.rootfs); // hooks find the container's files from there
  runHooks(hooks, "createContainer", { ...plan.state, pid: 1 }, parseEnvironment(wanted.env ?? []));
  pivotInto(rootfs); // from here on "/" is the container
  makeWorkingDirectory(wanted.cwd); // while / may be written
  parts.console?.setUp({ size: wanted.consoleSize, mount: true }); // on the container's own /dev/pts
  finishRootfs(spec);
  setNames(spec);
  parts.label?.(wanted); // while /proc may be written; it takes effect at execve
  parts.sysctls?.(linux.sysctl ?? {}); // while /proc/sys may be written
  readonlyPaths(spec);
  maskPaths(spec);
  parts.scheduling?.(wanted, linux);
  if (wanted.noNewPrivileges) setNoNewPrivs();
  closeDescriptors(plan.preservedFds, [runc.fd, ownDescriptors, plan.fifo, ...traceFds()]); // the filter may not know how
  const listenerFd = parts.seccomp?.early(wanted); // without no_new_privs only root may install a filter
  runc.ask({ kind: "ready", ...(listenerFd !== undefined && { listenerFd }) }); // runc sets limits and saves the state: we are a container
  const user = resolveUser(wanted.user);
  if (!plan.rootless) setDumpable(false); // whoever is in the container already has the rights that we keep, and our memory is the host's
  late(() => dropPrivileges({ user, capabilities: plan.capabilities, cwd: wanted.cwd })); // after all that needed them
  const environment = withHome(
    parseEnvironment([...(wanted.env ?? []), ...listenFdsVariables(plan.listenFds)]),
    user.home,
  );
  const program = late(() => findProgram(wanted.args[0]!, environment.PATH));
  process.umask(wanted.user?.umask ?? DEFAULT_UMASK);
  const answer = waitForStart(runc, ownDescriptors, plan.fifo); // `runc create` returns; up to here it could report our errors
  const confined = confineHooks(plan);
  try {
    runHooks(hooks, "startContainer", { ...plan.state, status: "created", pid: 1 }, environment);
  } finally {
    answer(); // `runc start` goes on: poststart hooks come after these
  }
  return becomeProgram(program, wanted.args, environment, confined);
}

const { SIGHUP, SIGINT, SIGQUIT, SIGTERM } = constants.signals;
const ENDING_SIGNALS = [SIGHUP, SIGINT, SIGQUIT, SIGTERM];

function setNames({ hostname, domainname }: Spec): void {
  step("runc.set-hostname", { hostname, domainname });
  if (hostname) sethostname(hostname);
  if (domainname) setdomainname(domainname);
}

/** The filter holds for hooks in the container, too: with them it has to allow whatever comes between here and the program. */
function confineHooks(plan: InitPlan): InitPlan {
  const { rootfs, parts, process: wanted } = plan;
  if (!rootfs.spec.hooks?.startContainer?.length) return plan;
  parts.seccomp?.late(wanted)?.();
  const { seccomp: _, ...others } = parts;
  return { ...plan, parts: others };
}
