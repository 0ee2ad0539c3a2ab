/**
 * SIGHUP: the configuration's file is read again. What can be changed in a running daemon is, as far as the file says it; the rest is for the
 * next start. A file that makes no sense changes nothing.
 *
 * @see https://github.com/moby/moby/blob/v20.10.24/daemon/reload.go
 */
import { hostname } from "node:os";
import type { CommandLine } from "../command-line.ts";
import { log, parseLogLevel, setLogLevel } from "../log.ts";
import { readConfig } from "../options/config-file.ts";
import { daemonOptions } from "../options/daemon-options.ts";
import { prepareRuntimes } from "../options/runtimes.ts";
import type { OptionName, Options, SomeOptions } from "../options/table.ts";
import type { Daemon } from "./daemon.ts";
import { daemonId } from "./system.ts";

const RELOADABLE: readonly OptionName[] = [
  "debug",
  "labels",
  "liveRestore",
  "shutdownTimeout",
  "runtimes",
  "defaultRuntime",
  "defaultShmSize",
  "defaultIpcMode",
  "defaultCgroupnsMode",
  "registryMirrors",
  "insecureRegistries",
];
/** The file not saying them puts them back to what they are when nobody does. */
const RESET: readonly OptionName[] = ["maxConcurrentDownloads", "maxConcurrentUploads"];

export function reload(daemon: Daemon, commandLine: CommandLine): void {
  log("info", "Got signal to reload configuration");
  try {
    const { options, inFile } = readConfig(commandLine);
    const names = [...RELOADABLE.filter((name) => name in inFile), ...RESET];
    daemon.reconfigure(daemonOptions({ ...daemon.options, ...pick(options, names) }));
    takeEffect(daemon, inFile);
  } catch (error) {
    log("error", `Error reconfiguring the daemon: ${(error as Error).message}`);
    return;
  }
  daemon.events.publish("daemon", "reload", daemonId(daemon.options.dataRoot), attributesOf(daemon));
}

function pick(options: Options, names: readonly OptionName[]): SomeOptions {
  return Object.fromEntries(names.map((name) => [name, options[name]]));
}

/** Whatever is not asked for each time that it is needed. */
function takeEffect({ options, images }: Daemon, inFile: SomeOptions): void {
  setLogLevel(options.debug ? "debug" : parseLogLevel(options.logLevel));
  images.downloads.allow(options.maxConcurrentDownloads);
  log("debug", `Reset Max Concurrent Downloads: ${options.maxConcurrentDownloads}`);
  log("debug", `Reset Max Concurrent Uploads: ${options.maxConcurrentUploads}`);
  if (inFile.shutdownTimeout !== undefined) log("debug", `Reset Shutdown Timeout: ${options.shutdownTimeout}`);
  prepareRuntimes(options);
}

function attributesOf({ options, defaults }: Daemon): Record<string, string> {
  const { runtimes, defaultRuntime, registryMirrors, insecureRegistries, labels } = options;
  return {
    debug: String(options.debug),
    "default-cgroupns-mode": defaults.cgroupnsMode,
    "default-ipc-mode": defaults.ipcMode,
    "default-runtime": defaultRuntime,
    "default-shm-size": String(defaults.shmSize),
    "insecure-registries": JSON.stringify(insecureRegistries),
    labels: JSON.stringify(labels),
    "live-restore": String(options.liveRestore),
    "max-concurrent-downloads": String(options.maxConcurrentDownloads),
    "max-concurrent-uploads": String(options.maxConcurrentUploads),
    name: hostname(),
    "registry-mirrors": JSON.stringify(registryMirrors),
    runtimes: Object.entries(runtimes)
      .map(([name, { path }]) => `${name}:${path}`)
      .join(" "),
    "shutdown-timeout": String(options.shutdownTimeout),
  };
}
