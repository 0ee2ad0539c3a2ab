/**
 * Runs before the suite: installs the genuine programs that it compares with, through apt. Does nothing when all are there.
 *
 * Debian starts a package's services when it installs it. A policy-rc.d that says no keeps dockerd, containerd and LXC's bridge off
 * this machine; it is taken away again afterwards.
 *
 * @see https://people.debian.org/~hmh/invokerc.d-policyrc.d-specification.txt
 */
import { spawnSync } from "node:child_process";
import { existsSync, renameSync, rmSync, writeFileSync } from "node:fs";

/** Each with what the tests want of it. */
const PACKAGES = [
  "apparmor", // for the virtual machine, whose kernel has it
  "busybox-static", // the image of most tests
  "btrfs-progs", // mkfs.btrfs, for the snapshotter of that name
  "checkpolicy", // the virtual machine's SELinux
  "chromium", // the terminal page of /web
  "containerd",
  "cpio", // the virtual machine's first file system
  "crun",
  "curl", // the archives of the Engine API, byte by byte
  "docker-registry",
  "docker.io",
  "hyperfine",
  "iproute2",
  "iptables",
  "kmod",
  "libarchive-tools", // bsdtar, a second opinion on archives
  "lxc",
  "podman",
  "qemu-system-x86",
  "runc",
  "skopeo", // a second opinion on registries
  "strace",
  "xz-utils",
];

/** What these packages would start at each boot, too. */
const SERVICES: Readonly<Record<string, readonly string[]>> = {
  apparmor: ["apparmor.service"],
  containerd: ["containerd.service"],
  "docker-registry": ["docker-registry.service"],
  "docker.io": ["docker.service", "docker.socket"],
  lxc: ["lxc.service", "lxc-net.service", "lxc-monitord.service"],
  podman: ["podman.socket", "podman.service", "podman-restart.service", "podman-auto-update.timer"],
};

const POLICY = "/usr/sbin/policy-rc.d";
const SAVED_POLICY = `${POLICY}.before-docker-eras`;
/** "Action forbidden by policy". */
const FORBID_ALL = "#!/bin/sh\nexit 101\n";

function main(): void {
  const missing = missingPackages();
  if (missing.length === 0) return;
  if (process.geteuid?.() !== 0) throw new Error(`Cannot install ${missing.join(", ")}: not root`);
  process.stderr.write(`installing for the tests: ${missing.join(", ")} …\n`);
  withoutServices(() => {
    apt("update");
    apt("install", "--yes", "--no-install-recommends", ...missing);
  });
  disableServices(missing.flatMap((name) => SERVICES[name] ?? []));
}

/** dpkg fills in the placeholders. */
// biome-ignore lint/suspicious/noTemplateCurlyInString: as above
const PACKAGE_AND_STATUS = "${Package} ${db:Status-Status}\\n";

/** The suite also runs where there is no Debian: what it then lacks, it skips and counts. */
function missingPackages(): string[] {
  const { stdout, error } = spawnSync("dpkg-query", ["--show", "--showformat", PACKAGE_AND_STATUS], {
    encoding: "utf8",
    maxBuffer: 1 << 26,
  });
  if (error) {
    process.stderr.write(`not on Debian: tests that need ${PACKAGES.join(", ")} may be skipped\n`);
    return [];
  }
  const installed = new Set(stdout.split("\n"));
  return PACKAGES.filter((name) => !installed.has(`${name} installed`));
}

function withoutServices(work: () => void): void {
  process.on("SIGINT", () => {}); // apt hears Ctrl-C too, and ends; then the policy is put back
  if (existsSync(POLICY) && !existsSync(SAVED_POLICY)) renameSync(POLICY, SAVED_POLICY);
  writeFileSync(POLICY, FORBID_ALL, { mode: 0o755 });
  try {
    work();
  } finally {
    rmSync(POLICY, { force: true });
    if (existsSync(SAVED_POLICY)) renameSync(SAVED_POLICY, POLICY);
  }
}

/** Only those of packages that were not here before: an installed Docker stays as it is. */
function disableServices(units: readonly string[]): void {
  if (units.length === 0 || !existsSync("/run/systemd/system")) return;
  spawnSync("systemctl", ["--quiet", "disable", ...units], { stdio: ["ignore", "ignore", "inherit"] });
}

/** @throws {Error} With what apt printed. */
function apt(...args: string[]): void {
  const { status, stdout, stderr, error } = spawnSync("apt-get", ["--quiet", ...args], {
    encoding: "utf8",
    env: { ...process.env, DEBIAN_FRONTEND: "noninteractive", NEEDRESTART_MODE: "l" },
    stdio: ["ignore", "pipe", "pipe"],
    maxBuffer: 1 << 26,
  });
  if (error) throw error;
  if (status !== 0)
    throw new Error(`Cannot run apt-get ${args.join(" ")}: it ended with ${status}\n${stdout}${stderr}`);
}

try {
  main();
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`);
  process.exitCode = 1;
}
