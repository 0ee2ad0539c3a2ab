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
});
