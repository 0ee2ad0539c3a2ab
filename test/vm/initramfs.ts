/**
 * The initramfs: a small archive that the kernel unpacks into memory as its first root directory. Debian's kernel has its drivers in
 * modules, so this holds those that reach the real root, and busybox to load them:
 *
 *     /init            guest/init.sh
 *     /bin/busybox
 *     /modules/        00-virtio.ko, 01-virtio_ring.ko …: in the order in which they must be loaded
 *
 * @see https://docs.kernel.org/filesystems/ramfs-rootfs-initramfs.html
 */
import { execFileSync } from "node:child_process";
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { basename } from "node:path";
import type { Kernel } from "./kernel.ts";
import { ENVIRONMENT, find } from "./requirements.ts";

/** The bus of virtual devices, the file system that passes through it, and what makes it writable. */
const MODULES = ["virtio_pci", "9pnet_virtio", "9p", "overlay"];

/** Builds the archive. @returns Its path. */
export function buildInitramfs(kernel: Kernel, cacheDir: string): string {
  const dir = mkdtempSync(`${cacheDir}/initramfs-`);
  try {
    for (const name of ["bin", "modules", "proc", "sys", "dev", "lower", "upper", "root"]) mkdirSync(`${dir}/${name}`);
    copyFileSync(realpathSync(find("busybox")!), `${dir}/bin/busybox`);
    copyFileSync(`${import.meta.dirname}/guest/init.sh`, `${dir}/init`);
    chmodSync(`${dir}/init`, 0o755);
    copyModules(kernel, `${dir}/modules`);
    return pack(dir, `${cacheDir}/initramfs.cpio`);
  } finally {
    rmSync(dir, { recursive: true });
  }
}

function copyModules(kernel: Kernel, target: string): void {
  const files = new Set(MODULES.flatMap((module) => withDependencies(kernel, module)));
  [...files].forEach((file, i) => {
    copyFileSync(file, `${target}/${String(i).padStart(2, "0")}-${basename(file)}`);
  });
}

/** The module's file after those of the modules that it needs, from lines `insmod /path/x.ko` and `builtin x`. */
function withDependencies({ dir, version }: Kernel, module: string): string[] {
  const args = ["-d", dir, "-S", version, "--show-depends", module];
  const output = execFileSync("modprobe", args, { env: ENVIRONMENT, encoding: "utf8" });
  return output.split("\n").flatMap((line) => /^insmod (\S+)/.exec(line)?.[1] ?? []);
}

function pack(dir: string, archive: string): string {
  const names = execFileSync("find", ["."], { cwd: dir });
  const packed = execFileSync("cpio", ["-o", "-H", "newc", "--quiet"], { cwd: dir, input: names, maxBuffer: 1 << 30 });
  writeFileSync(`${archive}.part`, packed);
  renameSync(`${archive}.part`, archive);
  return archive;
}
