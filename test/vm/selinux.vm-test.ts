/**
 * `lxc.se_context` under a kernel that enforces SELinux, with a policy of our own: guest/selinux-policy.conf. A kernel has one of
 * AppArmor and SELinux, so this is a boot of its own.
 */
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { TestContainer } from "@eras/docker-2013/lxc-start/test-container.ts";
import { setxattr } from "@eras/linux/xattr.ts";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

const POLICY = join(import.meta.dirname, "guest/selinux-policy.conf");
const SELINUXFS = "/sys/fs/selinux";
const SCRIPT = "cat /proc/self/attr/current; echo; cat /secret";

let container: TestContainer;
beforeAll(() => {
  container = new TestContainer();
  const binary = join(container.dir, "policy");
  execFileSync("checkpolicy", ["-U", "allow", "-c", "33", "-o", binary, POLICY]);
  execFileSync("mount", ["-t", "selinuxfs", "selinuxfs", SELINUXFS]);
  execFileSync("sh", ["-c", 'cat "$1" > "$2"', "sh", binary, join(SELINUXFS, "load")]); // in one write, as the kernel demands
  writeFileSync(join(SELINUXFS, "enforce"), "1");
  const secret = join(container.rootfs, "secret");
  writeFileSync(secret, "hush");
  setxattr(secret, "security.selinux", Buffer.from("system_u:object_r:secret_t\0"));
});
afterAll(() => container.remove());

describe("lxc.se_context", () => {
  test("confines the program", async () => {
    const { stdout, stderr } = await container.sh(SCRIPT, ["lxc.se_context = system_u:system_r:container_t"]);
    expect(stdout.replace("\0", "")).toBe("system_u:system_r:container_t\n");
    expect(stderr).toBe("cat: can't open '/secret': Permission denied\n");
  });

  test("left out, leaves the program what lxc-start is", async () => {
    const { stdout } = await container.sh(SCRIPT);
    expect(stdout.replace("\0", "")).toBe("system_u:system_r:host_t\nhush");
  });

  test("that the policy doesn't know is an error, and nothing runs", async () => {
    const result = await container.sh(SCRIPT, ["lxc.se_context = system_u:system_r:unknown_t"]);
    expect(result).toEqual({
      code: 255,
      stdout: "",
      stderr: "lxc-start: Cannot set lxc.se_context = system_u:system_r:unknown_t: EINVAL\n",
    });
  });
});
