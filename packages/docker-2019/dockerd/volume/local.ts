/**
 * The driver `local`: a volume is a directory of this host, or whatever mount(2) makes of the options that it was created with.
 *
 *     docker volume create scratch --opt type=tmpfs --opt device=tmpfs --opt o=size=1m
 */

import { ErrnoError } from "@eras/linux/errno.ts";
import { MNT_DETACH, mount, parseMountOptions, umount } from "@eras/linux/mount.ts";
import { readMountinfo } from "@eras/linux/mountinfo.ts";
import { strerror } from "@eras/linux/strerror.ts";
import { InvalidArgument, Unknown } from "@eras/oci-spec/errdefs.ts";

/** opts.json, as the original has it. */
export interface MountedAs {
  readonly MountType: string;
  readonly MountOpts: string;
  readonly MountDevice: string;
  readonly Quota: { readonly Size: 0 };
}

/** Each with those that it can't do without. */
const OPTIONS: Readonly<Record<string, readonly string[]>> = {
  type: ["device"],
  device: ["type"],
  o: ["device", "type"],
  size: [],
};
const SIZE = /^\d+(\.\d+)? ?([kmgtp]?i?b?)$/i;

/**
 * What the options of a volume ask for; undefined if it is a plain directory.
 *
 * @throws {InvalidArgument} For options that are unknown, or lack another one; and for a size, which takes quotas of XFS that are not kept here.
 */
export function mountedAs(name: string, options: Readonly<Record<string, string>>): MountedAs | undefined {
  const problem = problemWith(options);
  if (problem !== undefined) throw new InvalidArgument(`create ${name}: ${problem}`);
  const { type, o = "", device } = options;
  if (type === undefined || device === undefined) return undefined;
  return { MountType: type, MountOpts: o, MountDevice: device, Quota: { Size: 0 } };
}

function problemWith(options: Readonly<Record<string, string>>): string | undefined {
  const names = Object.keys(options);
  const unknown = names.find((name) => !Object.hasOwn(OPTIONS, name));
  if (unknown !== undefined) return `invalid option: ${JSON.stringify(unknown)}`;
  const { size } = options;
  if (size !== undefined)
    return SIZE.test(size) ? "quota size requested but no quota support" : `invalid size: '${size}'`;
  const missing = names.flatMap((name) => OPTIONS[name]!).find((needed) => options[needed] === undefined);
  return missing === undefined ? undefined : `missing required option: ${JSON.stringify(missing)}`;
}

/** Mounts a volume at its directory, unless it is. @throws {Unknown} With the original's words. */
export function mountVolume({ MountType, MountOpts, MountDevice }: MountedAs, dir: string): void {
  if (isMounted(dir)) return;
  const { flags, propagation, data } = parseMountOptions(MountOpts);
  try {
    mount(MountDevice, dir, MountType, flags, data);
    for (const change of propagation) mount(null, dir, null, change, null);
  } catch (cause) {
    if (!(cause instanceof ErrnoError)) throw cause;
    const details = [`mount ${MountDevice}:${dir}`, ...(flags ? [`flags: 0x${flags.toString(16)}`] : [])];
    if (data !== "") details.push(`data: ${data}`);
    const reason = strerror(cause.errno).toLowerCase();
    throw new Unknown(
      `error while mounting volume '${dir}': failed to mount local volume: ${details.join(", ")}: ${reason}`,
      {
        cause,
      },
    );
  }
}

export function unmountVolume(dir: string): void {
  if (isMounted(dir)) umount(dir, MNT_DETACH);
}

function isMounted(dir: string): boolean {
  return readMountinfo().some(({ mountPoint }) => mountPoint === dir);
}
