/** Which options of its own criu reads from a file, on top of what runc asks of it: `ghost-limit`, `tcp-close` … */
import { existsSync } from "node:fs";

/** In the annotations of config.json: the path of the file; empty for none. */
export const CRIU_CONFIG_ANNOTATION = "org.criu.config";

/** Where an administrator may put it for all containers. */
const DEFAULT_FILE = "/etc/criu/runc.conf";

/** @returns The path of the file, or undefined if there is none. @see https://man7.org/linux/man-pages/man8/criu.8.html */
export function criuConfigFile(annotations: Readonly<Record<string, string>> = {}): string | undefined {
  const named = annotations[CRIU_CONFIG_ANNOTATION];
  if (named !== undefined) return named || undefined;
  return existsSync(DEFAULT_FILE) ? DEFAULT_FILE : undefined;
}
