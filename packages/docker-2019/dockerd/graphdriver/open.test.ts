import { readdirSync } from "node:fs";
import { beforeAll, describe, expect, test } from "vitest";
import { ownMounts, temporaryDirectory } from "./fixtures.ts";
import { openGraphDriver } from "./open.ts";

beforeAll(ownMounts);

const ID = "a".repeat(64);

describe("openGraphDriver()", () => {
  test("takes overlay2 where nothing else was used, and leaves nothing of those that don't work", () => {
    const root = temporaryDirectory();
    expect(openGraphDriver(root).name).toBe("overlay2");
    expect(readdirSync(root)).toEqual(["overlay2"]);
  });

  test("takes what has been used, unless it is told", async () => {
    const root = temporaryDirectory();
    await openGraphDriver(root, "vfs").create(ID);
    expect(openGraphDriver(root).name).toBe("vfs");
    expect(openGraphDriver(root, "overlay2").name).toBe("overlay2");
  });

  test("doesn't choose between two that have been used, in Docker's words", async () => {
    const root = temporaryDirectory();
    for (const name of ["vfs", "overlay2"]) await openGraphDriver(root, name).create(ID);
    expect(() => openGraphDriver(root)).toThrow("contains several valid graphdrivers: overlay2, vfs; Please cleanup");
  });

  test("knows no other driver", () => {
    expect(() => openGraphDriver(temporaryDirectory(), "zfs")).toThrow(
      'error initializing graphdriver: driver not supported: there is no "zfs"; there are btrfs, overlay2, aufs, vfs',
    );
    expect(() => openGraphDriver(temporaryDirectory(), "constructor")).toThrow("driver not supported");
  });

  test.each([
    ["foo=bar", "error initializing graphdriver: vfs: unknown option foo"],
    ["overlay2.size=1G", "error initializing graphdriver: vfs: unknown option overlay2.size"],
    ["foo", "error initializing graphdriver: Unable to parse key/value option: foo"],
  ])("refuses the storage option %s", (option, message) => {
    expect(() => openGraphDriver(temporaryDirectory(), "vfs", [option])).toThrow(message);
    const known = ["overlay2.override_kernel_check=true"];
    expect(openGraphDriver(temporaryDirectory(), "overlay2", known).name).toBe("overlay2");
  });
});
