/** What the daemon makes of what it is told: files are read, names looked up, and everything that can't be had is refused before it begins. */
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { InvalidArgument, NotImplemented } from "@eras/oci-spec/errdefs.ts";
import type { RuntimeInfo } from "../../engine-api/system.ts";
import { mergeLogConfig } from "../config/log-config.ts";
import { insecure } from "../image/registry-config.ts";
import { parseLogLevel } from "../log.ts";
import { STANDARD_RUNTIME } from "./structured-kinds.ts";
import type { Options } from "./table.ts";
import type { Remap } from "./userns-remap.ts";

/** The OCI runtime of this project, under the name that everybody knows. */
const OWN_RUNC = resolve(import.meta.dirname, "../../../../bin/runc-2019");

export interface DaemonOptions extends Options {
  /** By name, our own `runc` among them. */
  readonly runtimes: Readonly<Record<string, RuntimeInfo>>;
  /** What `--seccomp-profile` names: the JSON itself. */
  readonly seccompJson?: string;
  /** `--userns-remap` */
  readonly remap?: Remap;
}

/** @throws {InvalidArgument | NotImplemented} In the original's words. */
export function daemonOptions(options: Options): DaemonOptions {
  const { dataRoot, runtimes, labels, logDriver, logOptions, seccompProfile } = options;
  parseLogLevel(options.logLevel);
  verifyExecOptions(options.execOptions);
  if (!options.iptables && !options.icc)
    throw new InvalidArgument(
      "failed to start daemon: You specified --iptables=false with --icc=false. ICC=false uses iptables to function. Please set --icc or --iptables to true",
    );
  insecure(options.insecureRegistries);
  mergeLogConfig({ Type: logDriver, Config: logOptions }, { Type: logDriver, Config: {} });
  return {
    ...options,
    dataRoot: dataRoot && resolve(dataRoot), // it is handed on to those who work elsewhere
    labels: withoutConflicts(labels),
    hosts: [...new Set(options.hosts.map((host) => (host.includes("://") ? host : `tcp://${host}`)))],
    runtimes: { ...runtimes, [STANDARD_RUNTIME]: { path: OWN_RUNC } },
    ...(seccompProfile !== "" && { seccompJson: readProfile(seccompProfile) }),
  };
}

/** `native.cgroupdriver=cgroupfs`, and nothing else. */
function verifyExecOptions(execOptions: readonly string[]): void {
  for (const option of execOptions) {
    const [name = "", ...rest] = option.split("=");
    const value = rest.join("=");
    if (name.trim().toLowerCase() !== "native.cgroupdriver") continue; // the original takes no notice of others
    if (value === "systemd")
      throw new NotImplemented(
        "native.cgroupdriver=systemd is not there: cgroups are made without systemd, leave it out",
      );
    if (value !== "cgroupfs") throw new InvalidArgument(`native.cgroupdriver option ${value} not supported`);
  }
}

function withoutConflicts(labels: readonly string[]): string[] {
  const kept = new Map<string, string>();
  for (const label of labels) {
    const name = label.slice(0, label.indexOf("="));
    const before = kept.get(name);
    if (before !== undefined && before !== label)
      throw new InvalidArgument(`conflict labels for ${label} and ${before}`);
    kept.set(name, label);
  }
  return [...kept.values()];
}

function readProfile(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    const reason = code === "ENOENT" ? "no such file or directory" : message;
    throw new InvalidArgument(`opening seccomp profile (${path}) failed: open ${path}: ${reason}`, { cause });
  }
}
