/** What execve hands on to the container's program, and Node or its launcher changed at the start of runc. */
import { getrlimit, RESOURCES, setrlimit } from "@eras/linux/rlimits.ts";
import { restoreSignals } from "@eras/linux/signals.ts";

/** In which bin/runc-2019 tells how many files the caller may open: Node makes that as many as it can. */
const VARIABLE = "ERAS_NOFILE";

/**
 * Puts signals and the limit of open files back. Descriptors are the business of descriptors.ts.
 *
 * Call it in a forked process, before limits of the container are set.
 */
export function restoreWhatNodeChanged(): void {
  restoreSignals();
  restoreOpenFilesLimit();
}

/** The limit alone. */
export function restoreOpenFilesLimit(): void {
  const soft = Number(process.env[VARIABLE]);
  if (soft > 0) setrlimit(RESOURCES.RLIMIT_NOFILE, { ...getrlimit(RESOURCES.RLIMIT_NOFILE), soft });
}
