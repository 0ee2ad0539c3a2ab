/** Whether what dockerd is told makes sense together. In the original's words, which it says of file and flags alike. */
import { STANDARD_RUNTIME } from "./structured-kinds.ts";
import type { Options } from "./table.ts";

/** @throws {Error} With the first that makes none. */
export function verifyOptions(options: Options): void {
  const { maxConcurrentDownloads, maxConcurrentUploads, defaultIpcMode, defaultCgroupnsMode } = options;
  if (maxConcurrentDownloads < 0) throw new Error(`invalid max concurrent downloads: ${maxConcurrentDownloads}`);
  if (maxConcurrentUploads < 0) throw new Error(`invalid max concurrent uploads: ${maxConcurrentUploads}`);
  verifyRuntime(options);
  if (options.ipv6 || options.ip6tables)
    throw new Error("containers have no addresses of IPv6: leave --ipv6 and --ip6tables out, or say false");
  if (!["private", "shareable"].includes(defaultIpcMode))
    throw new Error(`default IPC mode setting (${defaultIpcMode}) is invalid; use "shareable" or "private"`);
  if (!["", "private", "host"].includes(defaultCgroupnsMode))
    throw new Error(`default cgroup namespace mode (${defaultCgroupnsMode}) is invalid; use "host" or "private"`);
}

function verifyRuntime({ runtimes, defaultRuntime }: Options): void {
  if (defaultRuntime !== STANDARD_RUNTIME && !Object.hasOwn(runtimes, defaultRuntime))
    throw new Error(`specified default runtime '${defaultRuntime}' does not exist`);
}
