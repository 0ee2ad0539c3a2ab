import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import {
  boundingHas,
  CAPABILITIES,
  capabilityNumber,
  capabilitySet,
  getAmbientSet,
  getBoundingSet,
  getCapabilities,
  lastCapability,
} from "./capabilities.ts";
import { inChild } from "./in-child.ts";

/** What the kernel says of a set: `CapEff`, `CapPrm`, `CapInh`, `CapBnd`, `CapAmb`. */
function statusSet(field: string): bigint {
  const [, hex] = new RegExp(`^${field}:\\s*(\\w+)$`, "m").exec(readFileSync("/proc/self/status", "utf8"))!;
  return BigInt(`0x${hex}`);
}

describe("capabilityNumber()", () => {
  test.each([
    ["CAP_SYS_ADMIN", 21],
    ["SYS_ADMIN", 21],
    ["sys_admin", 21],
    ["chown", 0],
    ["cap_checkpoint_restore", 40],
  ])("knows %s", (name, number) => expect(capabilityNumber(name)).toBe(number));

  test("refuses a name that is none", () => {
    expect(() => capabilityNumber("fly")).toThrow('Cannot find capability "fly"');
    expect(() => capabilityNumber("")).toThrow("Cannot find capability");
  });
});

describe("CAPABILITIES", () => {
  test("names every capability up to the newest kernel's", () => {
    expect(Object.keys(CAPABILITIES)).toHaveLength(41);
    expect(CAPABILITIES.audit_read).toBe(37);
    expect(lastCapability()).toBeGreaterThanOrEqual(CAPABILITIES.audit_read);
  });
});

describe("capabilitySet()", () => {
  test("has a bit for each name", () => {
    expect(capabilitySet(["chown", "CAP_SETFCAP", "bpf"])).toBe((1n << 0n) | (1n << 31n) | (1n << 39n));
    expect(capabilitySet([])).toBe(0n);
  });
});

describe("the five sets", () => {
  test("are those of /proc/self/status", () => {
    expect(getCapabilities()).toEqual({
      effective: statusSet("CapEff"),
      permitted: statusSet("CapPrm"),
      inheritable: statusSet("CapInh"),
    });
    expect(getBoundingSet()).toBe(statusSet("CapBnd"));
    expect(getAmbientSet()).toBe(statusSet("CapAmb"));
  });

  test("do not hold numbers that the kernel does not know", () => expect(boundingHas(63)).toBe(false));
});

const PREPARE = `
  import { execFileSync } from "node:child_process";
  import * as c from "./capabilities.ts";
  const status = () => execFileSync("grep", ["^Cap", "/proc/self/status"], { encoding: "utf8" });
  const { chown, kill, net_raw, setfcap, sys_admin } = c.CAPABILITIES;
`;

/** Takes apart the lines that `status()` of PREPARE reported. */
function sets(status: unknown): Record<string, bigint> {
  const lines = String(status).trim().split("\n");
  return Object.fromEntries(lines.map((line) => line.split(":\t")).map(([field, hex]) => [field!, BigInt(`0x${hex}`)]));
}

describe("setCapabilities()", () => {
  test("gives up capabilities, in both words of the sets", () => {
    const [effective, error] = inChild(`
      ${PREPARE}
      const bpf = c.capabilitySet(["bpf", "chown"]);
      c.setCapabilities({ effective: bpf, permitted: bpf, inheritable: 0n });
      report(c.getCapabilities().effective.toString());
      try { c.setCapabilities({ effective: bpf, permitted: c.capabilitySet(["sys_admin", "bpf", "chown"]), inheritable: 0n }) }
      catch ({ code }) { report(code) }
    `);
    expect(effective).toBe(String(capabilitySet(["bpf", "chown"])));
    expect(error).toBe("EPERM");
  });
});

describe("dropBoundingCapability()", () => {
  test("takes a capability from whatever is executed afterwards", () => {
    const [before, after] = inChild(`
      ${PREPARE}
      c.dropBoundingCapability(net_raw);
      report(c.boundingHas(net_raw));
      report(status());
    `);
    expect(before).toBe(false);
    expect(sets(after).CapBnd).toBe(statusSet("CapBnd") & ~capabilitySet(["net_raw"]));
    expect(sets(after).CapEff).toBe(statusSet("CapEff") & ~capabilitySet(["net_raw"]));
  });
});

describe("raiseAmbient()", () => {
  const RAISE = `
    const { effective, permitted } = c.getCapabilities();
    c.setCapabilities({ effective, permitted, inheritable: c.capabilitySet(["kill"]) });
    c.raiseAmbient(kill);
  `;

  test("lets an ordinary user's program have a capability", () => {
    const [ambient, executed] = inChild(`
      ${PREPARE}
      import { setSecurebits, SECBIT_NO_SETUID_FIXUP } from "./prctl.ts";
      import { setresuid } from "./credentials.ts";
      ${RAISE}
      report(c.getAmbientSet().toString());
      setSecurebits(SECBIT_NO_SETUID_FIXUP);
      setresuid(1000, 1000, 1000);
      report(status());
    `);
    expect(ambient).toBe(String(capabilitySet(["kill"])));
    expect(sets(executed)).toMatchObject({ CapEff: capabilitySet(["kill"]), CapPrm: capabilitySet(["kill"]) });
  });

  test("needs the capability to be inheritable", () => {
    expect(() => inChild(`${PREPARE} c.raiseAmbient(kill);`)).toThrow("prctl: EPERM");
  });

  test("is undone by clearAmbient()", () => {
    expect(inChild(`${PREPARE} ${RAISE} c.clearAmbient(); report(c.getAmbientSet().toString());`)).toEqual(["0"]);
  });
});
