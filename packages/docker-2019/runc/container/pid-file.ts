/** The file in which a caller finds the PID of what runc has started. */
import { renameSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import type { Container } from "./container.ts";

/**
 * Writes the number, in decimal and without a newline: whoever watches for the file finds it complete. It is a new file, whatever somebody has put
 * there: a symbolic link would lead elsewhere.
 */
export function writePidFile(path: string, pid: number): void {
  const temporary = join(dirname(path), `.${basename(path)}`);
  rmSync(temporary, { force: true });
  writeFileSync(temporary, String(pid), { mode: 0o666, flag: "wx" });
  renameSync(temporary, path);
}

/** Writes that of a new container. Without it nobody would find the container, so that it goes again then. */
export async function writeContainerPid({ path, container }: { path: string; container: Container }): Promise<void> {
  try {
    writePidFile(path, container.state.init_process_pid);
  } catch (error) {
    const { destroy } = await import("./destroy.ts");
    await container.cgroup.killAll();
    await destroy(container);
    throw error;
  }
}
