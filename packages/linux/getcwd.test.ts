import { describe, expect, test } from "vitest";
import { getcwd } from "./getcwd.ts";
import { inChild } from "./in-child.ts";

describe("getcwd()", () => {
  test("names the working directory", () => {
    expect(getcwd()).toBe(process.cwd());
  });

  test("tells one that can't be reached", () => {
    const outcome = inChild(`
      import { mkdtempSync, rmdirSync } from "node:fs";
      import { chroot } from "./chroot.ts";
      import { getcwd } from "./getcwd.ts";
      process.chdir("/usr");
      const root = mkdtempSync("/tmp/getcwd-");
      chroot(root);
      report(getcwd());
      process.chdir("../tmp"); // of the host: it is still a way out of /usr there
      rmdirSync(root.slice("/tmp/".length));
    `);
    expect(outcome).toEqual(["(unreachable)/usr"]);
  });

  test("fails in a directory that is gone", () => {
    const outcome = inChild(`
      import { mkdtempSync, rmdirSync } from "node:fs";
      import { getcwd } from "./getcwd.ts";
      const directory = mkdtempSync("/tmp/getcwd-");
      process.chdir(directory);
      rmdirSync(directory);
      try { getcwd(); } catch (error) { report(error.code); }
    `);
    expect(outcome).toEqual(["ENOENT"]);
  });
});
