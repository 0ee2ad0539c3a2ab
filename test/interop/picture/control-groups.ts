/** The control files of a container's cgroup in all trees, without counters of what has been used so far. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { isErrno } from "@eras/linux/errno.ts";
import { readMountinfo } from "@eras/linux/mountinfo.ts";
import type { Picture } from "./comparable.ts";

/** Counters, and files that only take commands. */
const NO_SETTING =
  /current|peak|usage|stat|failcnt|pressure|threads|event|slabinfo|io_serv|devices\.(allow|deny)|force_empty|reset|tasks/;

/** @param path - Below each tree's root: `/a/b`. */
export function controlGroups(path: string): Picture {
  const trees = readMountinfo().filter(({ type }) => type === "cgroup" || type === "cgroup2");
  return Object.fromEntries(
    trees.map(({ mountPoint }) => [`cgroup ${basename(mountPoint)}`, settings(join(mountPoint, path))]),
  );
}

function settings(dir: string): string {
  if (!existsSync(dir)) return "there is none";
  const files = readdirSync(dir, { withFileTypes: true }).filter((entry) => entry.isFile());
  return files
    .map(({ name }) => name)
    .filter((name) => !NO_SETTING.test(name))
    .sort()
    .map((name) => `${name}:\n${name === "cgroup.procs" ? processes(dir) : content(join(dir, name))}`)
    .join("\n");
}

function processes(dir: string): string {
  return `${content(join(dir, "cgroup.procs")).split("\n").length} process`;
}

function content(path: string): string {
  try {
    const text = readFileSync(path, "utf8").trim();
    return path.endsWith("/devices.list") ? text.split("\n").sort().join("\n") : text; // a set, in the order of asking
  } catch (error) {
    if (isErrno(error, "EINVAL", "EOPNOTSUPP", "EACCES")) return (error as NodeJS.ErrnoException).code!;
    throw error;
  }
}
