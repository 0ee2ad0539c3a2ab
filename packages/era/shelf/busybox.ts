/** The image `busybox`: one static program under some 270 names. */
import { execFileSync } from "node:child_process";
import { directory, hostFile, type ShelfEntry, symlink } from "./entry.ts";
import { skeleton } from "./skeleton.ts";
import { findStaticBusybox } from "./static-busybox.ts";

export async function busyboxImage(): Promise<ShelfEntry[]> {
  const busybox = await findStaticBusybox();
  return [
    ...skeleton("/bin/sh"),
    ...["bin", "sbin", "usr/bin", "usr/sbin"].map((path) => directory(path)),
    hostFile("bin/busybox", busybox, 0o755),
    ...applets(busybox).map((path) => symlink(path, "/bin/busybox")),
  ];
}

/** Where each of its programs belongs: `bin/ls`, `usr/bin/wc`. `linuxrc`, for a boot from a RAM disk, has no place in a container. */
function applets(busybox: string): string[] {
  return execFileSync(busybox, ["--list-full"], { encoding: "utf8" })
    .split("\n")
    .filter((path) => path.includes("/") && path !== "bin/busybox");
}
