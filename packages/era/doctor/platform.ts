/** Checks that need nothing of Linux: they must be able to say that this is not Linux. */
import { release } from "node:os";
import { type Check, judge } from "./check.ts";

/** What must hold before anything else can be tried. */
export function platformChecks(): Check[] {
  const linux = process.platform === "linux";
  const architecture = process.arch === "x64" || process.arch === "arm64";
  return [
    judge(
      {
        capability: "Linux",
        neededBy: "everything",
        required: true,
        remedy: "run it in a Linux machine: WSL 2 on Windows, Lima on a Mac",
      },
      linux ? undefined : `this is ${process.platform}`,
      release(),
    ),
    judge(
      {
        capability: "x64 or arm64",
        neededBy: "calls into libc",
        required: true,
        remedy: "use a machine of such an architecture",
      },
      architecture ? undefined : `this is ${process.arch}`,
      process.arch,
    ),
    judge(
      {
        capability: "Node 26",
        neededBy: "everything",
        required: true,
        remedy: "run it through pnpm: npx -y pnpm@12 era doctor",
      },
      Number.parseInt(process.versions.node, 10) >= 26 ? undefined : `this is Node ${process.versions.node}`,
      process.versions.node,
    ),
    judge(
      { capability: "root", neededBy: "dockerd", required: true, remedy: "log in as root, or use sudo" },
      process.geteuid?.() === 0 ? undefined : `user ${process.geteuid?.()}`,
      "user 0",
    ),
  ];
}
