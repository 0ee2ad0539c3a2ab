import { hostname } from "node:os";
import { describe, expect, test } from "vitest";
import { inChild } from "./in-child.ts";

const PREPARE = `
  import { readFileSync } from "node:fs";
  import { hostname } from "node:os";
  import { CLONE_NEWUTS, unshare } from "./namespaces.ts";
  import { setdomainname, sethostname } from "./hostname.ts";
  unshare(CLONE_NEWUTS);
`;

describe("sethostname()", () => {
  test("names the host inside its own namespace only", () => {
    const before = hostname();
    expect(inChild(`${PREPARE} sethostname("web-1"); report(hostname());`)).toEqual(["web-1"]);
    expect(hostname()).toBe(before);
  });

  test("counts bytes, of which 64 are allowed", () => {
    const longest = "ü".repeat(32);
    expect(inChild(`${PREPARE} sethostname("${longest}"); report(hostname());`)).toEqual([longest]);
    expect(() => inChild(`${PREPARE} sethostname("${longest}x");`)).toThrow("sethostname: EINVAL");
  });
});

describe("setdomainname()", () => {
  test("sets the NIS domain", () => {
    const [domain] = inChild(`
      ${PREPARE}
      setdomainname("example");
      report(readFileSync("/proc/sys/kernel/domainname", "utf8"));
    `);
    expect(domain).toBe("example\n");
  });
});
