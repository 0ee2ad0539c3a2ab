import { describe, expect, test } from "vitest";
import { inChild } from "./in-child.ts";

describe("eaccess()", () => {
  test("asks for the user that we act as, accessSync for the one that we are", () => {
    const outcome = inChild(`
      import { accessSync, constants } from "node:fs";
      import { setresuid } from "./credentials.ts";
      import { eaccess } from "./eaccess.ts";
      const allowed = (check) => { try { check("/etc/shadow", constants.R_OK); return true; } catch (error) { return error.code; } };
      setresuid(0, 65534, 0);
      report([allowed(accessSync), allowed(eaccess)]);
    `);
    expect(outcome).toEqual([[true, "EACCES"]]);
  });

  test("asks for the capabilities, too, that a user has who isn't root", () => {
    const outcome = inChild(`
      import { constants } from "node:fs";
      import { capabilityNumber, setCapabilities } from "./capabilities.ts";
      import { eaccess } from "./eaccess.ts";
      import { setKeepCaps } from "./prctl.ts";
      import { setresuid } from "./thread-credentials.ts";
      const allowed = () => { try { eaccess("/etc/shadow", constants.R_OK); return true; } catch (error) { return error.code; } };
      const override = 1n << BigInt(capabilityNumber("CAP_DAC_OVERRIDE"));
      setKeepCaps(true);
      setresuid(65534, 65534, 65534);
      const without = allowed();
      setCapabilities({ effective: override, permitted: override, inheritable: 0n });
      report([without, allowed()]);
    `);
    expect(outcome).toEqual([["EACCES", true]]);
  });
});
