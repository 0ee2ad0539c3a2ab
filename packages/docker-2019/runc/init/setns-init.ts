/**
 * The init of `exec`: a further process of a container that runs. Root, mounts and names are there; what is left is what belongs to the process
 * itself. As standard-init.ts, it is a fork of runc, and all that it does is synchronous.
 */
import { setNoNewPrivs } from "@eras/linux/prctl.ts";
import { setsid } from "@eras/linux/tty.ts";
import type { Spec } from "@eras/oci-spec/runtime/config.ts";
import { traceFds } from "@eras/trace/context.ts";
import type { ContainerCapabilities } from "../process/capabilities.ts";
import { dropPrivileges } from "../process/drop-privileges.ts";
import { parseEnvironment, withHome } from "../process/environment.ts";
import { joinContainerKeyring } from "../process/keyring.ts";
import { findProgram } from "../process/program.ts";
import { resolveUser } from "../process/user.ts";
import { becomeProgram, DEFAULT_UMASK, late, type ProgramPlan } from "./become-program.ts";
import { closeDescriptors } from "./descriptors.ts";
import type { ChildEnd } from "./sync.ts";

/** All that it needs to know. */
export interface ExecPlan extends ProgramPlan {
  readonly id: string;
  /** Of the container. */
  readonly spec: Spec;
  readonly capabilities: ContainerCapabilities;
  /** Binds it to processors of the cgroup's. */
  readonly bindFinally: (() => void) | undefined;
}

/** Runs from birth to execve. @throws {Error} When it can't go on. */
export function setnsInit(plan: ExecPlan, runc: ChildEnd): never {
  const { process: wanted, parts } = plan;
  runc.awaitGo(); // runc has set limits, and we are in the cgroup
  plan.bindFinally?.();
  joinContainerKeyring(plan.id);
  setsid();
  parts.console?.setUp({ size: wanted.consoleSize, mount: false });
  parts.label?.(wanted);
  parts.scheduling?.(wanted, plan.spec.linux ?? {});
  if (wanted.noNewPrivileges) setNoNewPrivs();
  closeDescriptors(plan.preservedFds, [runc.fd, ...traceFds()]);
  const listenerFd = parts.seccomp?.early(wanted);
  runc.ask({ kind: "ready", ...(listenerFd !== undefined && { listenerFd }) });
  const user = resolveUser(wanted.user);
  late(() => dropPrivileges({ user, capabilities: plan.capabilities, cwd: wanted.cwd }));
  const environment = withHome(parseEnvironment(wanted.env ?? []), user.home);
  const program = late(() => findProgram(wanted.args[0]!, environment.PATH));
  process.umask(wanted.user?.umask ?? DEFAULT_UMASK);
  try {
    return becomeProgram(program, wanted.args, environment, plan); // execve closes our end of the dialogue: runc sees that all went well
  } catch (error) {
    runc.close(); // runc believes so: the error goes where the program's own would
    throw error;
  }
}
