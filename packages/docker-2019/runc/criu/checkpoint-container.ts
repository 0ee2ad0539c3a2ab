/** Saving the processes of a container to files. */
import { closeSync, writeSync } from "node:fs";
import { makeDirectories } from "@eras/linux/make-directories.ts";
import { FailedPrecondition } from "@eras/oci-spec/errdefs.ts";
import type { Container } from "../container/container.ts";
import { destroy } from "../container/destroy.ts";
import { Criu, checkCriu } from "./criu.ts";
import { mountsToLeaveOut, namespacesToLeaveOut } from "./criu-externals.ts";
import type { CriuDirectories } from "./criu-flags.ts";
import type { CriuOptions } from "./criu-messages.ts";
import { runCriu } from "./criu-session.ts";
import { writeDescriptors } from "./external-descriptors.ts";

/** How a container is saved. */
export interface CheckpointRequest {
  /** The program. */
  readonly criu: string;
  readonly directories: CriuDirectories;
  /** Memory alone, to save the rest faster later on: the processes go on. */
  readonly preDump: boolean;
  /** From flags. */
  readonly options: CriuOptions;
  /** Who waits there is told when the memory can be fetched. */
  readonly readyFd: number | undefined;
}

/** @throws {FailedPrecondition} When it has no program that runs. */
export function checkCanBeSaved({ status }: Container): void {
  if (status === "running" || status === "paused") return;
  throw new FailedPrecondition(`Container cannot be checkpointed in ${status} state`);
}

/**
 * Saves a container. Unless it is to go on, it is gone afterwards.
 *
 * @throws {Error} When criu can't: the container goes on then.
 */
export async function checkpointContainer(container: Container, request: CheckpointRequest): Promise<void> {
  const { criu, directories, preDump, options, readyFd } = request;
  const { spec, external_descriptors: descriptors } = container.state;
  checkCriu(criu, { mem_track: preDump, lazy_pages: options.lazy_pages });
  makeDirectories(directories.images, 0o700);
  if (!preDump) writeDescriptors(directories.images, descriptors);
  runCriu(
    Criu.start(criu),
    {
      type: preDump ? "PRE_DUMP" : "DUMP",
      directories,
      annotations: spec.annotations,
      options: { ...options, ...descriptionOf(container), ...(preDump ? {} : mountsOf(container)) },
    },
    (script) => {
      if (script === "status-ready" && readyFd !== undefined) announce(readyFd);
    },
  );
  if (!preDump && !options.leave_running) await destroy(container);
}

function descriptionOf({ state }: Container): CriuOptions {
  const { spec, config, init_process_pid: pid, cgroup_paths: paths } = state;
  return {
    pid,
    root: config.rootfs,
    freeze_cgroup: paths.freezer ?? paths[""],
    external: namespacesToLeaveOut(spec),
  };
}

/** Memory alone needs none of them. */
function mountsOf({ state: { spec, config, init_process_pid: pid } }: Container): CriuOptions {
  return { ext_mnt: mountsToLeaveOut(spec, config.rootfs, pid) };
}

function announce(fd: number): void {
  writeSync(fd, "\0");
  closeSync(fd);
}
