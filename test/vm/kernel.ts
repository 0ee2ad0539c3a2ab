/** Debian's kernel, out of its package. Nothing is installed on this machine. */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from "node:fs";
import { ENVIRONMENT } from "./requirements.ts";

/** An unpacked kernel package. */
export interface Kernel {
  /** `linux-image-6.1.0-56-amd64`. */
  readonly name: string;
  /** The package's files: `boot/`, `lib/modules/VERSION/`. */
  readonly dir: string;
  /** `6.1.0-56-amd64`. */
  readonly version: string;
  /** The kernel itself. */
  readonly image: string;
}

/**
 * Fetches the kernel that Debian's `linux-image-amd64` names, unless an earlier run has.
 *
 * @param cacheDir - Keeps the unpacked package, about 400 MB.
 */
export function provideKernel(cacheDir: string): Kernel {
  const name = packageName();
  const dir = `${cacheDir}/${name}`;
  if (!existsSync(dir)) download(name, dir);
  const version = readdirSync(`${dir}/lib/modules`)[0]!;
  return { name, dir, version, image: `${dir}/boot/vmlinuz-${version}` };
}

function packageName(): string {
  const depends = execFileSync("apt-cache", ["depends", "linux-image-amd64"], { encoding: "utf8" });
  const name = /Depends: (linux-image-\d\S*)/.exec(depends)?.[1];
  if (name === undefined) throw new Error("Cannot find a kernel package: apt-get update");
  return name;
}

/** Under another name until it is complete: an interrupted download is begun anew. */
function download(name: string, dir: string): void {
  console.error(`test:v2: downloading ${name}`);
  const unpacked = `${dir}.part`;
  rmSync(unpacked, { recursive: true, force: true });
  mkdirSync(unpacked, { recursive: true });
  // apt fetches as a user of its own, who may not write here: that is worth a warning to it, and nothing to us
  execFileSync("apt-get", ["download", "-q", name], { cwd: unpacked, stdio: ["ignore", "ignore", "pipe"] });
  const [archive] = readdirSync(unpacked);
  execFileSync("dpkg", ["-x", archive!, "."], { cwd: unpacked });
  rmSync(`${unpacked}/${archive}`);
  const [version] = readdirSync(`${unpacked}/lib/modules`);
  execFileSync("depmod", ["-b", unpacked, version!], { env: ENVIRONMENT }); // the order in which modules need each other
  renameSync(unpacked, dir);
}
