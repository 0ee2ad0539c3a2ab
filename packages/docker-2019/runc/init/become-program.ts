/** How every process that runc starts ends: as the program that somebody has asked for. */
import { prepareExecve } from "@eras/linux/exec.ts";
import type { Process } from "@eras/oci-spec/runtime/config.ts";
import { endTracing } from "@eras/trace/context.ts";
import { step } from "../../step.ts";
import type { ProcessParts } from "../container/process-parts.ts";
import { callErrorText } from "../error-text.ts";
import { takeOnMemoryLimits } from "../process/rlimits.ts";
import { handOnDescriptors } from "./descriptors.ts";

/** What it needs to know for that. */
export interface ProgramPlan {
  readonly process: Process;
  /** Descriptors from 3 on that the program gets. */
  readonly preservedFds: number;
  readonly parts: ProcessParts;
}

export const DEFAULT_UMASK = 0o022;

/** Marks an error as one of the program and of who it runs as, not of the container around it. */
export class ProgramError extends Error {}

/** Calls `find`, whose failure is the program's. @throws {ProgramError} */
export function late<Result>(find: () => Result): Result {
  try {
    return find();
  } catch (error) {
    throw new ProgramError((error as Error).message, { cause: error });
  }
}

/**
 * The last steps. With no_new_privs the filter is installed last: it may forbid everything but the execve.
 * All descriptors that it isn't to have are closed by now, but for those that execve closes.
 */
export function becomeProgram(
  program: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>>,
  { preservedFds, parts, process: wanted }: ProgramPlan,
): never {
  const installFilter = parts.seccomp?.late(wanted);
  const execve = prepareProgram(program, args, environment);
  endTracing();
  handOnDescriptors(preservedFds);
  takeOnMemoryLimits(wanted.rlimits);
  installFilter?.();
  try {
    return execve();
  } catch (error) {
    throw new ProgramError(callErrorText("exec", program, error as NodeJS.ErrnoException), { cause: error });
  }
}

function prepareProgram(
  program: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>>,
): () => never {
  step("runc.exec-program", { args });
  return prepareExecve(program, args, environment);
}
