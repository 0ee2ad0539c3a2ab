/** `ctr install`: programs out of an image, to the host, where containerd finds them: a shim, a runtime. */
import { lstatSync } from "node:fs";
import { dirname, join } from "node:path";
import { apply } from "@eras/layers/apply.ts";
import { isErrno } from "@eras/linux/errno.ts";
import { makeDirectories } from "@eras/linux/make-directories.ts";
import { AlreadyExists, FailedPrecondition, InvalidArgument } from "@eras/oci-spec/errdefs.ts";
import { hostPlatform } from "@eras/oci-spec/platform.ts";
import { flag, leaf } from "../command.ts";
import type { Containerd } from "../containerd.ts";
import { readContent } from "../image/content.ts";
import { getImage, targetOf } from "../image/image-store.ts";
import { manifestFor } from "../image/resolve-content.ts";

/** Of the image, and of the directory that is installed to. */
const PROGRAMS = "bin";
const LIBRARIES = "lib";
const DIRECTORY_MODE = 0o711;

interface InstallFlags {
  readonly libs?: true;
  readonly replace?: true;
  readonly path?: string;
}

export const install = leaf<InstallFlags>({
  name: "install",
  summary: "install a new package",
  usage: "[flags] <ref>",
  options: [
    flag("-l, --libs", "install libs from the image"),
    flag("-r, --replace", "replace any binaries or libs in the opt directory"),
    flag("--path <value>", "set an optional install path other than the managed opt directory"),
  ],
  async run({ flags: { libs, replace = false, path }, args: [name], containerd }) {
    if (!name) throw new InvalidArgument("please provide an image reference to install");
    const { manifest } = await manifestFor(containerd, targetOf(await getImage(containerd, name)), hostPlatform());
    const target = path ?? (await managedDirectory(containerd));
    const wants = chooser(target, libs ? [PROGRAMS, LIBRARIES] : [PROGRAMS], replace);
    makeDirectories(target, DIRECTORY_MODE);
    for (const { digest } of manifest.layers)
      await apply(readContent(containerd, digest), target, { whiteouts: "delete", wants }).catch(refusal);
  },
});

/** What we have refused ourselves is not told as a trouble with unpacking. */
function refusal(error: Error): never {
  throw error.cause instanceof AlreadyExists ? error.cause : error;
}

/** containerd's own directory for programs. @throws {FailedPrecondition} When it has none. */
async function managedDirectory(containerd: Containerd): Promise<string> {
  const { plugins } = await containerd.introspection.plugins({ filters: ["id==opt"] });
  const path = plugins[0]?.exports.path;
  if (!path) throw new FailedPrecondition("opt service not enabled: name a directory with --path");
  return path;
}

/** What lies directly in one of the directories. Refuses what would replace something. */
function chooser(target: string, directories: readonly string[], mayReplace: boolean): (path: string) => boolean {
  return (path) => {
    if (!directories.includes(dirname(path))) return false;
    if (!mayReplace && isThere(join(target, path))) throw new AlreadyExists(`cannot replace ${path} in ${target}`);
    return true;
  };
}

function isThere(path: string): boolean {
  try {
    lstatSync(path);
    return true;
  } catch (error) {
    if (!isErrno(error, "ENOENT")) throw error;
    return false;
  }
}
