/** A terminal gets the size of the client's: a container's, or that of a process that an exec has added. */
import { Unknown } from "@eras/oci-spec/errdefs.ts";
import type { Container } from "../container/container.ts";
import type { Exec } from "../container/exec.ts";
import { happensWithin } from "../long-delay.ts";
import type { Daemon } from "./daemon.ts";
import { requireRunning } from "./stop.ts";

/** How long a client may be ahead of the start. */
const START_MS = 10_000;

/** In characters. */
export interface TerminalSize {
  readonly width: number;
  readonly height: number;
}

export async function resizeContainer(daemon: Daemon, container: Container, size: TerminalSize): Promise<void> {
  requireRunning(container, "");
  await daemon.containerd.resize(container.id, "", size);
  daemon.publish("resize", container, { height: String(size.height), width: String(size.width) });
}

export async function resizeExec(
  daemon: Daemon,
  { id, container, startDone }: Exec,
  size: TerminalSize,
): Promise<void> {
  if (!(await happensWithin(START_MS, startDone))) throw new Unknown("timeout waiting for exec session ready");
  await daemon.containerd.resize(container.id, id, size);
}
