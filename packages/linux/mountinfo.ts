/**
 * The mounts of a process, as /proc/PID/mountinfo lists them, one a line:
 *
 *     36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=continue
 *     |  |  |    |     |     |          |          |    |         superOptions: of the filesystem
 *     |  |  |    |     |     |          |          |    source
 *     |  |  |    |     |     |          |          type
 *     |  |  |    |     |     |          propagation: any number of fields, none if private
 *     |  |  |    |     |     options: of this mount
 *     |  |  |    |     mountPoint, seen from the process's root
 *     |  |  |    root: the part of the filesystem that shows here (bind mounts)
 *     |  |  device, major:minor
 *     |  parentId
 *     id
 *
 * Space, tab, newline, backslash and # inside a field are written as octal numbers: \040.
 *
 * @see https://man7.org/linux/man-pages/man5/proc_pid_mountinfo.5.html
 */
import { readFileSync, realpathSync } from "node:fs";

/** One mount. Later ones in a list lie on top of earlier ones at the same place. */
export interface MountInfo {
  readonly id: number;
  readonly parentId: number;
  readonly device: string;
  readonly root: string;
  readonly mountPoint: string;
  readonly options: readonly string[];
  /** `shared:7`, `master:7`, `propagate_from:7`, `unbindable`. */
  readonly propagation: readonly string[];
  readonly type: string;
  readonly source: string;
  readonly superOptions: readonly string[];
}

/** Reads the text of a mountinfo file. */
export function parseMountinfo(text: string): MountInfo[] {
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map(parseLine);
}

function parseLine(line: string): MountInfo {
  const fields = line.split(" ");
  const separator = fields.indexOf("-", 6);
  if (separator === -1 || fields.length < separator + 4) throw new Error(`Cannot parse mountinfo line "${line}"`);
  const [id, parentId, device, root, mountPoint, options] = fields as [string, string, string, string, string, string];
  const [type, source, superOptions] = fields.slice(separator + 1) as [string, string, string];
  return {
    id: Number(id),
    parentId: Number(parentId),
    device,
    root: unescapeOctal(root),
    mountPoint: unescapeOctal(mountPoint),
    options: options.split(","),
    propagation: fields.slice(6, separator),
    type: unescapeOctal(type),
    source: unescapeOctal(source),
    superOptions: unescapeOctal(superOptions).split(","),
  };
}

/** Turns `\040` back into a space, and the like. */
function unescapeOctal(field: string): string {
  return field.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
}

/** The mounts that a process sees; `"self"` is the main thread. */
export function readMountinfo(pid: number | "self" = "self"): MountInfo[] {
  return parseMountinfo(readFileSync(`/proc/${pid}/mountinfo`, "utf8"));
}

/** Whether something is mounted at `path` itself, a bind mount too. False if there is no such file. */
export function isMountPoint(path: string): boolean {
  const place = realPath(path);
  return place !== undefined && readMountinfo().some(({ mountPoint }) => mountPoint === place);
}

function realPath(path: string): string | undefined {
  try {
    return realpathSync(path);
  } catch {
    return undefined;
  }
}
