import { expect, test } from "vitest";
import { inChild } from "./in-child.ts";

test("chroot() changes what / means, and leaves the working directory where it was", () => {
  const outcome = inChild(`
    import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
    import { chroot } from "./chroot.ts";
    const root = mkdtempSync("/tmp/chroot-");
    writeFileSync(root + "/only-file", "");
    process.chdir("/tmp");
    chroot(root);
    report(readdirSync("/"));
    rmSync(root.slice("/tmp/".length), { recursive: true });
    try { chroot("/nowhere") } catch ({ message }) { report(message) }
  `);
  expect(outcome).toEqual([["only-file"], "chroot /nowhere: ENOENT"]);
});
