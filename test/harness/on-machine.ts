/** What is on this machine because of a directory: asked of the kernel, not of the program whose directory it is. */
import { namingCommandLine } from "@eras/docker-2019/runc/testsuite/waiting-init.ts";
import { listProcesses } from "@eras/era/processes.ts";
import { readMountinfo } from "@eras/linux/mountinfo.ts";

export function mountPointsBelow(dir: string): string[] {
  return readMountinfo()
    .map(({ mountPoint }) => mountPoint)
    .filter((mountPoint) => mountPoint.startsWith(`${dir}/`));
}

interface Named {
  readonly pid: number;
  readonly command: string;
}

/** Processes, other than the caller, in whose command line the directory is. */
export function processesThatName(dir: string): Named[] {
  return listProcesses()
    .map(({ pid }) => ({ pid, command: namingCommandLine(pid) }))
    .filter(({ pid, command }) => pid !== process.pid && command.includes(dir));
}

/** A line about a process, for a list of what was left. */
export const told = ({ pid, command }: Named): string => `process ${pid} ${command}`;
