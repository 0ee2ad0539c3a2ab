import { describe, expect, test } from "vitest";
import { inFork } from "../testsuite/in-fork.ts";
import { checkAppArmor, isAppArmorEnabled } from "./apparmor.ts";

const IMPORT = `import { applyAppArmorProfile } from "./process/apparmor.ts";`;

describe("checkAppArmor()", () => {
  test.skipIf(isAppArmorEnabled())("refuses a profile where there is no AppArmor", () => {
    expect(() => checkAppArmor("docker-default")).toThrow("apparmor not enabled on the host");
    expect(() => checkAppArmor(undefined)).not.toThrow();
  });
});

describe("applyAppArmorProfile()", () => {
  test("never takes a refusal for a success", () => {
    const [outcome] = inFork(IMPORT, `applyAppArmorProfile("no-such-profile");`);
    const reason = isAppArmorEnabled() ? "no such file or directory" : "invalid argument";
    expect(outcome).toEqual({
      error: `unable to apply apparmor profile: apparmor failed to apply profile: ${reason}`,
    });
  });

  test("isn't deceived by an image's own file in place of the kernel's", () => {
    const [outcome] = inFork(
      `${IMPORT}
       import { mkdirSync, writeFileSync } from "node:fs";
       import { MS_PRIVATE, MS_REC, mount } from "@eras/linux/mount.ts";
       import { CLONE_NEWNS, unshare } from "@eras/linux/namespaces.ts";`,
      `unshare(CLONE_NEWNS);
       mount("none", "/", "", MS_REC | MS_PRIVATE);
       mount("tmpfs", "/proc", "tmpfs", 0);
       mkdirSync("/proc/thread-self/attr/apparmor", { recursive: true });
       writeFileSync("/proc/thread-self/attr/apparmor/exec", "");
       applyAppArmorProfile("unconfined");`,
    );
    expect(outcome).toEqual({ error: expect.stringContaining("/proc is not the root of a proc filesystem") });
  });
});
