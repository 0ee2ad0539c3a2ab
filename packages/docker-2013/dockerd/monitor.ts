/** The end of a container: waits for it, cleans up, records how it went. */
import type { Readable } from "node:stream";
import { isErrno } from "@eras/linux/errno.ts";
import { step } from "../step.ts";
import type { Container } from "./container.ts";
import type { Lxc } from "./lxc.ts";
import type { Stdio } from "./stdio.ts";
import type { WriteBroadcaster } from "./write-broadcaster.ts";

/**
 * Watches `container` until its end and removes what is not needed. Never rejects: what can't be cleaned up is logged.
 *
 * @param exited - Resolves to the exit code when lxc-start has ended.
 * @param stdio - Absent for a ghost, whose outputs died with the daemon that started it.
 */
export async function monitor(container: Container, exited: Promise<number>, lxc: Lxc, stdio?: Stdio): Promise<void> {
  step("dockerd.monitor", { Id: container.Id });
  const copies = stdio ? [copy(stdio.stdout, container.stdout), copy(stdio.stderr, container.stderr)] : [];
  const exitCode = await exited;

  await attempt(() => lxc.cleanUp(container.Id)); // before the copies: a process left behind would hold the outputs open
  await attempt(() => Promise.all(copies));
  stdio?.stdin?.destroy();
  container.stdout.close();
  container.stderr.close();
  await attempt(() => container.Filesystem.isMounted() && container.Filesystem.umount());
  await attempt(() => setStopped(container, exitCode));
}

/** Hands on what the container prints, until it ends. */
async function copy(from: Readable | undefined, to: WriteBroadcaster): Promise<void> {
  try {
    for await (const chunk of from ?? []) await to.write(chunk);
  } catch (error) {
    if (!isErrno(error, "EIO")) throw error; // how a terminal ends
  }
}

function setStopped(container: Container, exitCode: number): void {
  step("dockerd.set-stopped", { Id: container.Id, exitCode });
  container.State.setStopped(exitCode);
  container.save();
}

async function attempt(cleanUp: () => unknown): Promise<void> {
  try {
    await cleanUp();
  } catch (error) {
    console.log(error);
  }
}
