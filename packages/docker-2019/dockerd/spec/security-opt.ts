/** `--security-opt`: what else of the kernel holds a container. */
import { readFileSync } from "node:fs";
import { isErrno } from "@eras/linux/errno.ts";
import { InvalidArgument } from "@eras/oci-spec/errdefs.ts";
import type { Spec } from "@eras/oci-spec/runtime/config.ts";
import type { HostConfig, List } from "../../engine-api/container-config.ts";
import type { SpecParts } from "./spec.ts";

/** A list of options, taken apart. */
export interface SecurityOptions {
  readonly noNewPrivileges?: boolean;
  /** The name of one that is loaded, or `unconfined`. */
  readonly apparmorProfile?: string;
  /** `unconfined`, or the JSON of a profile. */
  readonly seccompProfile?: string;
  /** `type:svirt_t`, `disable` … */
  readonly labels: readonly string[];
}

const APPARMOR = { standard: "docker-default", none: "unconfined" } as const;
/** Words that Go takes for a boolean. */
const BOOLEANS: Readonly<Record<string, boolean>> = {
  ...Object.fromEntries(["1", "t", "T", "true", "TRUE", "True"].map((word) => [word, true])),
  ...Object.fromEntries(["0", "f", "F", "false", "FALSE", "False"].map((word) => [word, false])),
};

/**
 * `no-new-privileges`, `seccomp=…`, `apparmor=…`, `label=…`; of old with a colon.
 *
 * @throws {InvalidArgument} In the original's words, which number the two ways to be wrong.
 */
export function parseSecurityOptions(options: List<string> | undefined): SecurityOptions {
  let parsed: SecurityOptions = { labels: [] };
  for (const option of options ?? []) parsed = { ...parsed, ...parseOption(option, parsed) };
  return parsed;
}

function parseOption(option: string, { labels }: SecurityOptions): Partial<SecurityOptions> {
  if (option === "no-new-privileges") return { noNewPrivileges: true };
  if (option === "disable") return { labels: [...labels, option] };
  const separator = option.includes("=") ? "=" : ":";
  const [key, ...rest] = option.split(separator);
  if (rest.length === 0) throw new InvalidArgument(`invalid --security-opt 1: ${JSON.stringify(option)}`);
  const value = rest.join(separator);
  if (key === "label") return { labels: [...labels, value] };
  if (key === "apparmor") return { apparmorProfile: value };
  if (key === "seccomp") return { seccompProfile: value };
  if (key === "no-new-privileges" && Object.hasOwn(BOOLEANS, value)) return { noNewPrivileges: BOOLEANS[value]! };
  throw new InvalidArgument(`invalid --security-opt 2: ${JSON.stringify(option)}`);
}

/** SELinux labels are read and not given: nothing here makes them. */
export function addSecurityOptions(spec: Spec, { hostConfig, daemon }: SpecParts): Spec {
  const options = parseSecurityOptions(hostConfig.SecurityOpt);
  const noNewPrivileges = options.noNewPrivileges ?? daemon.noNewPrivileges ?? false;
  const apparmorProfile = options.apparmorProfile || standardProfile(hostConfig);
  return {
    ...spec,
    process: {
      ...spec.process!,
      ...(noNewPrivileges && { noNewPrivileges }),
      ...(hostHasAppArmor() && apparmorProfile !== undefined && { apparmorProfile }),
    },
  };
}

/** Docker's own where the host has loaded it. The original loads it; here it is the host's affair. */
function standardProfile({ Privileged }: HostConfig): string | undefined {
  if (Privileged) return APPARMOR.none;
  const loaded = readOptional("/sys/kernel/security/apparmor/profiles");
  return loaded.includes(`${APPARMOR.standard} (`) ? APPARMOR.standard : undefined;
}

/** @see https://www.kernel.org/doc/html/v5.4/admin-guide/LSM/apparmor.html */
export function hostHasAppArmor(): boolean {
  return readOptional("/sys/module/apparmor/parameters/enabled").startsWith("Y");
}

function readOptional(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (isErrno(error, "ENOENT")) return "";
    throw error;
  }
}
