/**
 * runc for whoever is not root of the host: an ordinary user, or somebody who is root of a user namespace alone, as under rootless Podman.
 *
 *     uid 1000   makes a user namespace in which he is root: config.json must ask for it
 *     cgroups    those that somebody gave him, or none
 *     state      $XDG_RUNTIME_DIR/runc
 */
import { isInUserNamespace } from "@eras/cgroups/user-namespace.ts";
import { InvalidArgument } from "@eras/oci-spec/errdefs.ts";
import type { Mount, Spec } from "@eras/oci-spec/runtime/config.ts";
import type { LinuxIDMapping } from "@eras/oci-spec/runtime/config-linux.ts";
import { hasNamespace } from "./init/namespaces.ts";

/** As Go's strconv.ParseBool reads it. */
const TRUTHS: Readonly<Record<string, boolean>> = {
  ...{ "1": true, t: true, T: true, TRUE: true, true: true, True: true },
  ...{ "0": false, f: false, F: false, FALSE: false, false: false, False: false },
};

/**
 * Whether cgroups that may not be made are done without.
 *
 * @param flag - `--rootless`. `auto` is true unless we are root of the host: root of a user namespace may own cgroups or not.
 * @throws {InvalidArgument} When it is neither that nor a truth value.
 */
export function usesRootlessCgroups(flag = "auto"): boolean {
  if (flag === "" || flag.toLowerCase() === "auto") return process.geteuid!() !== 0 || isInUserNamespace();
  const truth = TRUTHS[flag];
  if (truth === undefined) throw new InvalidArgument(`Cannot use --rootless ${flag}: it is true, false or auto`);
  return truth;
}

/** What runc warns of before a command that needs all of the container's cgroups. */
export function mayFail(command: string): string {
  return `runc ${command} may fail if you don't have the full access to cgroups`;
}

/** Where the states of containers lie, unless --root says otherwise. */
export function defaultRoot(): string {
  return userRoot() ?? "/run/runc";
}

/**
 * The directory of an ordinary user. Root of a user namespace has it too, unless he is called root: then it is a container that he is in.
 *
 * @returns undefined where there is none.
 * @see https://specifications.freedesktop.org/basedir-spec/0.8/
 */
export function userRoot(): string | undefined {
  const { XDG_RUNTIME_DIR: userDir, USER: name } = process.env;
  if (!userDir) return undefined;
  const isUser = process.geteuid!() !== 0 || (isInUserNamespace() && name !== "root");
  return isUser ? `${userDir}/runc` : undefined;
}

/** What an ordinary user can't have. @throws {InvalidArgument} In runc's words. */
export function checkRootless({ linux = {}, mounts = [] }: Spec): void {
  if (process.geteuid!() === 0) return;
  if (!hasNamespace(linux, "user")) throw new InvalidArgument("rootless container requires user namespaces");
  checkOwners(mounts, "uid", linux.uidMappings);
  checkOwners(mounts, "gid", linux.gidMappings);
}

function checkOwners(mounts: readonly Mount[], kind: "uid" | "gid", mappings: readonly LinuxIDMapping[] = []): void {
  const isMapped = (id: number) =>
    mappings.some(({ containerID, size }) => id >= containerID && id < containerID + size);
  const owners = mounts.flatMap(({ options = [] }) => options.filter((option) => option.startsWith(`${kind}=`)));
  if (owners.every((option) => isMapped(Number(option.slice("uid=".length))))) return;
  throw new InvalidArgument(`cannot specify ${kind}= mount options for unmapped ${kind} in rootless containers`);
}
