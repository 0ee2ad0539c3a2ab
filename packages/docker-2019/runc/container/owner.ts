/** Who created a container. */
import { readFileSync, statSync } from "node:fs";

/** The owner of the container's directory: by name, or by number if the host knows no name. */
export function ownerOf(dir: string): string {
  const { uid } = statSync(dir);
  const lines = readPasswd().split("\n");
  return lines.map((line) => line.split(":")).find(([, , field]) => field === String(uid))?.[0] ?? `#${uid}`;
}

function readPasswd(): string {
  try {
    return readFileSync("/etc/passwd", "utf8");
  } catch {
    return ""; // no names, then
  }
}
