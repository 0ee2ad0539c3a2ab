/** Which of root's powers a container has. */
import { InvalidArgument } from "@eras/oci-spec/errdefs.ts";
import type { LinuxCapabilities, Spec } from "@eras/oci-spec/runtime/config.ts";
import type { SpecParts } from "./spec.ts";

const ALL = "ALL";

// biome-ignore format: as the specification of the default container lists them
const DEFAULT_CAPABILITIES: readonly string[] = [
  "CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FSETID", "CAP_FOWNER", "CAP_MKNOD", "CAP_NET_RAW", "CAP_SETGID", "CAP_SETUID", "CAP_SETFCAP",
  "CAP_SETPCAP", "CAP_NET_BIND_SERVICE", "CAP_SYS_CHROOT", "CAP_KILL", "CAP_AUDIT_WRITE",
];

/** Those that Docker 20.10 knows, in the kernel's order. It knows nothing of perfmon, bpf and checkpoint_restore, which came with Linux 5.8. */
// biome-ignore format: one line per eight, as the bits lie in a mask
const KNOWN: readonly string[] = [
  "CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_DAC_READ_SEARCH", "CAP_FOWNER", "CAP_FSETID", "CAP_KILL", "CAP_SETGID", "CAP_SETUID",
  "CAP_SETPCAP", "CAP_LINUX_IMMUTABLE", "CAP_NET_BIND_SERVICE", "CAP_NET_BROADCAST", "CAP_NET_ADMIN", "CAP_NET_RAW", "CAP_IPC_LOCK", "CAP_IPC_OWNER",
  "CAP_SYS_MODULE", "CAP_SYS_RAWIO", "CAP_SYS_CHROOT", "CAP_SYS_PTRACE", "CAP_SYS_PACCT", "CAP_SYS_ADMIN", "CAP_SYS_BOOT", "CAP_SYS_NICE",
  "CAP_SYS_RESOURCE", "CAP_SYS_TIME", "CAP_SYS_TTY_CONFIG", "CAP_MKNOD", "CAP_LEASE", "CAP_AUDIT_WRITE", "CAP_AUDIT_CONTROL", "CAP_SETFCAP",
  "CAP_MAC_OVERRIDE", "CAP_MAC_ADMIN", "CAP_SYSLOG", "CAP_WAKE_ALARM", "CAP_BLOCK_SUSPEND", "CAP_AUDIT_READ",
];

/** What `exec --privileged` gives, whoever the user is. */
export const ALL_CAPABILITIES: LinuxCapabilities = { bounding: KNOWN, effective: KNOWN, permitted: KNOWN };

/** Root has what its container may have. Others have nothing before they run a file that gives it: what execve would leave them. */
export function addCapabilities(spec: Spec, { hostConfig }: SpecParts): Spec {
  const { Privileged, CapAdd, CapDrop } = hostConfig;
  const bounding = Privileged ? KNOWN : tweak(CapAdd ?? [], CapDrop ?? []);
  const process = spec.process!;
  if (bounding.length === 0) return { ...spec, process: { ...process, capabilities: {} } };
  const isRoot = process.user?.uid === 0;
  const capabilities = isRoot ? { bounding, effective: bounding, permitted: bounding } : { bounding };
  return { ...spec, process: { ...process, capabilities } };
}

function tweak(add: readonly string[], drop: readonly string[]): readonly string[] {
  const added = capabilityNames(add);
  const dropped = new Set(capabilityNames(drop));
  if (added.includes(ALL)) return KNOWN.filter((name) => !dropped.has(name));
  if (dropped.has(ALL)) return added;
  return [...DEFAULT_CAPABILITIES.filter((name) => !dropped.has(name)), ...added];
}

/** As the specification writes them: `net_admin` is `CAP_NET_ADMIN`. `ALL` stays. @throws {InvalidArgument} */
export function capabilityNames(texts: readonly string[]): string[] {
  return texts.map((text) => {
    const upper = text.toUpperCase();
    if (upper === ALL) return upper;
    const name = upper.startsWith("CAP_") ? upper : `CAP_${upper}`;
    if (!KNOWN.includes(name)) throw new InvalidArgument(`unknown capability: "${name}"`);
    return name;
  });
}
