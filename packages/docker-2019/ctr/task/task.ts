/**
 * A task, or a further process in it, followed from its start to its end by whoever sits at ctr.
 *
 *     streams  ─▶ create ─▶ wait … ─▶ start ─▶ terminal or signals ─▶ (it ends) ─▶ last output ─▶ delete
 *
 * The wait begins before the start: what ends at once is not missed.
 */
import type { Containerd } from "../containerd.ts";
import { log } from "../output/log.ts";
import type { TaskStreams } from "./fifos.ts";
import { forwardSignals } from "./signals.ts";
import { copyInput, copyOutputs } from "./stdio.ts";
import { LentTerminal } from "./terminal.ts";

/** Which process: of a container, or with an exec id one beside its first. */
export interface ProcessName {
  readonly containerId: string;
  readonly execId?: string;
}

export interface FollowOptions {
  /** Whether the process has a terminal: then ctr's is lent to it. */
  readonly terminal: boolean;
  /** Starts what is to be followed. Nothing, for what runs already. */
  readonly start?: () => Promise<unknown>;
}

/**
 * Follows a process to its end.
 *
 * @returns Its exit status.
 */
export async function follow(
  containerd: Containerd,
  name: ProcessName,
  streams: TaskStreams,
  { terminal, start }: FollowOptions,
): Promise<number> {
  const lent = terminal ? LentTerminal.lend() : undefined;
  // Before the start: as soon as the process says something, somebody may send it a signal.
  const forget = terminal ? undefined : forwardSignals((signal) => quietly(containerd.tasks.kill({ ...name, signal })));
  try {
    const ended = containerd.tasks.wait(name);
    ended.catch(() => {}); // told below, unless the start fails first
    const copied = copyOutputs(streams);
    await start?.();
    copyInput(streams, () => quietly(containerd.tasks.closeIO({ ...name, stdin: true })));
    lent?.followSize(({ rows, columns }) =>
      quietly(containerd.tasks.resizePty({ ...name, width: columns, height: rows })),
    );
    const { exitStatus } = await ended;
    await copied;
    return exitStatus;
  } finally {
    forget?.();
    lent?.giveBack();
  }
}

/** A process that has ended meanwhile needs neither a size nor a signal. */
function quietly(asked: Promise<unknown>): void {
  asked.catch((error: Error) => log("debug", "the process did not hear", { error: error.message }));
}
