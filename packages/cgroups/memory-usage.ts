/** What v1 and v2 both ask before they lower a limit. */
import { readNumber } from "./control-file.ts";

/**
 * Refuses a limit that would have the kernel kill somebody at once.
 *
 * @throws {Error}
 */
export function checkAboveUsage(dir: string, usageFile: string, limitBytes: number): void {
  const usageBytes = readNumber(dir, usageFile);
  if (limitBytes >= 0 && limitBytes < usageBytes) {
    throw new Error(`unable to set memory limit to ${limitBytes} (current usage: ${usageBytes})`);
  }
}
