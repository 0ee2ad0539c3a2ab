/** The file in which a caller finds the PID of what runc has started. */
import { renameSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";

/** Writes the number, in decimal and without a newline: whoever watches for the file finds it complete. */
export function writePidFile(path: string, pid: number): void {
  const temporary = join(dirname(path), `.${basename(path)}`);
  writeFileSync(temporary, String(pid), { mode: 0o666 });
  renameSync(temporary, path);
}
