/** set() of devices: what no rule allows is forbidden, now and after each change. */
import { readFileSync } from "node:fs";
import { describe, expect } from "vitest";
import { containerDeviceRules } from "../default-devices.ts";
import { type CgroupSuite, exitCode } from "./suite.ts";

/** Declares the tests. */
export function deviceTests(suite: CgroupSuite): void {
  const { name, needs } = suite;

  describe(`${name}: set() of devices`, () => {
    needs("devices")("forbids devices that no rule allows", async () => {
      suite.cgroup.set({
        devices: [
          { allow: false },
          { allow: true, type: "c", major: 1, minor: 3, access: "rw" },
          { allow: true, type: "c", major: 5 },
        ],
      });
      expect(await exitCode(suite.startInside("echo x > /dev/null"))).toBe(0);
      expect(await exitCode(suite.startInside("head -c 1 /dev/zero"))).toBe(1);
      expect(await exitCode(suite.startInside("mknod /tmp/null-$$ c 1 3 && rm /tmp/null-$$"))).toBe(1);
    });

    needs("devices")("lets a later rule take away what an earlier one gave", async () => {
      suite.cgroup.set({ devices: [{ allow: true }, { allow: false, type: "c", major: 1, minor: 5, access: "rwm" }] });
      expect(await exitCode(suite.startInside("head -c 1 /dev/zero"))).toBe(1);
      expect(await exitCode(suite.startInside("head -c 1 /dev/urandom"))).toBe(0);
    });

    needs("devices")("allows nothing that isn't said, even without a rule that forbids everything", async () => {
      suite.cgroup.set({ devices: [{ allow: true, type: "c", major: 1, minor: 3, access: "rwm" }] });
      expect(await exitCode(suite.startInside("echo x > /dev/null"))).toBe(0);
      expect(await exitCode(suite.startInside("head -c 1 /dev/zero"))).toBe(1);
    });

    needs("devices")("refuses a hole in a range, which v1's kernel would pass over", () => {
      const devices = [
        { allow: true, type: "c", access: "rwm" },
        { allow: false, type: "c", major: 1, minor: 3, access: "w" },
      ] as const;
      expect(() => suite.cgroup.set({ devices })).toThrow("Cannot deny device c 1:3 w: it is a part of c *:*");
    });

    needs("devices")("gives containers their usual devices", async () => {
      suite.cgroup.set({ devices: containerDeviceRules([{ allow: false, access: "rwm" }]) });
      const uses = "head -c 1 /dev/urandom > /dev/null && echo x > /dev/null";
      expect(await exitCode(suite.startInside(uses))).toBe(0);
      expect(await exitCode(suite.startInside("mknod /tmp/kmsg-$$ c 1 11 && rm /tmp/kmsg-$$"))).toBe(0);
      expect(await exitCode(suite.startInside("head -c 1 /dev/kmsg"))).toBe(1);
    });

    needs("devices")("changes the rules while a process uses what stays allowed", async () => {
      const usual = containerDeviceRules([{ allow: false, access: "rwm" }]);
      const more = [...usual, { allow: true, type: "c", major: 1, minor: 11, access: "r" }] as const;
      suite.cgroup.set({ devices: usual });
      const child = suite.startInside("while [ -e /proc/$$ ]; do echo x > /dev/null || exit 1; done");
      for (let i = 0; i < 50; i++) suite.cgroup.set({ devices: i % 2 === 0 ? more : usual });
      expect(readFileSync(`/proc/${child.pid}/comm`, "utf8")).toBe("sh\n");
      expect(child.exitCode).toBeNull();
    });
  });
}
