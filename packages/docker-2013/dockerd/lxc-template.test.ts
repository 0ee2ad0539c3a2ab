import { describe, expect, test } from "vitest";
import { generateLxcConfig } from "./lxc-template.ts";

/** The lines that say something, by key. */
function settings(Ram: number): Map<string, string[]> {
  const byKey = new Map<string, string[]>();
  for (const line of generateLxcConfig({ Hostname: "09906fa3", RootFS: "/c/rootfs", Ram }).split("\n")) {
    const [key, value] = line.split(" = ");
    if (line !== "" && !line.startsWith("#")) byKey.set(key!, [...(byKey.get(key!) ?? []), value!]);
  }
  return byKey;
}

describe("generateLxcConfig()", () => {
  test("fills in the container's name and root", () => {
    expect(settings(0).get("lxc.utsname")).toEqual(["09906fa3"]);
    expect(settings(0).get("lxc.rootfs")).toEqual(["/c/rootfs"]);
  });

  test("refuses all devices but eleven", () => {
    expect(settings(0).get("lxc.cgroup.devices.deny")).toEqual(["a"]);
    expect(settings(0).get("lxc.cgroup.devices.allow")?.length).toBe(11);
  });

  test("drops seventeen capabilities", () => {
    expect(settings(0).get("lxc.cap.drop")![0]!.split(" ").length).toBe(17);
  });

  test("mounts four things, and gives no network", () => {
    expect(
      settings(0)
        .get("lxc.mount.entry")!
        .map((entry) => entry.split(" ")[1]),
    ).toEqual(["/c/rootfs/proc", "/c/rootfs/sys", "/c/rootfs/dev/pts", "/c/rootfs/etc/resolv.conf"]);
    expect([...settings(0).keys()].filter((key) => key.startsWith("lxc.network"))).toEqual([]);
  });

  test("limits memory only if asked to", () => {
    expect(settings(0).has("lxc.cgroup.memory.limit_in_bytes")).toBe(false);
    expect(settings(33554432).get("lxc.cgroup.memory.limit_in_bytes")).toEqual(["33554432"]);
  });
});
