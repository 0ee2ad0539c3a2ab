import type { LinuxNamespaceType } from "@eras/oci-spec/runtime/config-linux.ts";
import { describe, expect, test } from "vitest";
import { inFork } from "../testsuite/in-fork.ts";
import { checkSysctls } from "./sysctl.ts";

function check(key: string, ...types: LinuxNamespaceType[]): void {
  checkSysctls({ sysctl: { [key]: "1" }, namespaces: types.map((type) => ({ type })) });
}

describe("checkSysctls()", () => {
  test("allows what a namespace of the container has", () => {
    check("net.ipv4.ip_forward", "network");
    check("net/ipv4/conf/eth0.1/forwarding", "network");
    check("kernel.msgmax", "ipc");
    check("fs.mqueue.msg_max", "ipc");
    check("kernel.domainname", "uts");
  });

  // Each as runc 1.1.5 words it.
  test.each([
    ["vm.swappiness", 'sysctl "vm.swappiness" is not in a separate kernel namespace'],
    ["kernel.msgmaxx", 'sysctl "kernel.msgmaxx" is not in a separate kernel namespace'],
    ["kernel.hostname", 'sysctl "kernel.hostname" is not allowed as it conflicts with the OCI "hostname" field'],
  ])("refuses %s", (key, message) => {
    expect(() => check(key, "network", "ipc", "uts")).toThrow(message);
  });

  test.each([
    ["net.core.somaxconn", 'sysctl "net.core.somaxconn" not allowed in host network namespace'],
    ["kernel.sem", 'sysctl "kernel.sem" is not allowed in the hosts ipc namespace'],
    ["kernel.domainname", 'sysctl "kernel.domainname" is not in a separate kernel namespace'],
  ])("refuses %s of the host", (key, message) => {
    expect(() => check(key)).toThrow(message);
  });

  test("isn't deceived by our own network under another name", () => {
    const namespaces = [{ type: "network", path: `/proc/${process.pid}/ns/net` }] as const;
    expect(() => checkSysctls({ sysctl: { "net.core.somaxconn": "1" }, namespaces })).toThrow("host network namespace");
  });

  test.each(["net.//.//.kernel.sysrq", "net..core", "net.", "net.ipv4.//./core"])("refuses the path in %s", (key) => {
    expect(() => check(key, "network")).toThrow(/is not the name of a kernel parameter$/);
  });
});

const IMPORTS = `import { readFileSync } from "node:fs";
  import { CLONE_NEWNET, CLONE_NEWNS, unshare } from "@eras/linux/namespaces.ts";
  import { MS_BIND, MS_PRIVATE, MS_REC, mount } from "@eras/linux/mount.ts";
  import { setSysctls } from "./process/sysctl.ts";`;

describe("setSysctls()", () => {
  test("writes them", () => {
    const outcome = inFork(
      IMPORTS,
      `unshare(CLONE_NEWNET);
       setSysctls({ "net.core.somaxconn": "999", "net/ipv4/conf/lo/forwarding": "1" });
       report(readFileSync("/proc/sys/net/core/somaxconn", "utf8"));
       report(readFileSync("/proc/sys/net/ipv4/conf/lo/forwarding", "utf8"));`,
    );
    expect(outcome).toEqual(["999\n", "1\n"]);
  });

  test("names the one that there isn't", () => {
    const outcome = inFork(IMPORTS, `unshare(CLONE_NEWNET); setSysctls({ "net.foo": "1" });`);
    expect(outcome).toEqual([{ error: "open /proc/sys/net/foo: no such file or directory" }]);
  });

  test("writes to no file that is mounted over a parameter", () => {
    const outcome = inFork(
      IMPORTS,
      `unshare(CLONE_NEWNS | CLONE_NEWNET);
       mount("none", "/", "", MS_REC | MS_PRIVATE);
       mount("/proc/self/comm", "/proc/sys/net/core/somaxconn", "", MS_BIND);
       setSysctls({ "net.core.somaxconn": "999" });`,
    );
    expect(outcome).toEqual([{ error: "write /proc/sys/net/core/somaxconn: invalid cross-device link" }]);
  });
});
