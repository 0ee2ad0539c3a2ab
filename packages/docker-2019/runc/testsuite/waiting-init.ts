/** For tests: whose the init is that waits to be started. Its command line is `runc init`, as the genuine one's, and names no container. */
import { readdirSync, readFileSync, readlinkSync } from "node:fs";

/** A process's command line; of a waiting init, with the path of the fifo that it waits for. Empty for one that has ended. */
export function namingCommandLine(pid: number | string): string {
  try {
    const line = readFileSync(`/proc/${pid}/cmdline`, "utf8").replace(/\0+$/, "").replaceAll("\0", " ");
    return /^\S*runc init$/.test(line) ? `${line} ${fifoOf(pid)}` : line;
  } catch {
    return ""; // it has ended meanwhile
  }
}

function fifoOf(pid: number | string): string {
  const dir = `/proc/${pid}/fd`;
  const files = readdirSync(dir).map((fd) => readlinkSync(`${dir}/${fd}`));
  return files.find((path) => path.endsWith("/exec.fifo")) ?? "";
}
