import {
  chmodSync,
  chownSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { newPlace, type Place, removePlace } from "../../../../test/harness/remains.ts";
import { copyUp } from "./copy-up.ts";

let place: Place;
let rootfs: string;
let data: string;
beforeEach(() => {
  place = newPlace();
  rootfs = join(place.dir, "rootfs");
  data = join(place.dir, "volume/_data");
  mkdirSync(join(rootfs, "srv/www/sub"), { recursive: true });
  writeFileSync(join(rootfs, "srv/www/sub/page"), "hello", { mode: 0o640 });
  mkdirSync(data, { recursive: true });
});
afterEach(async () => expect(await removePlace(place)).toEqual([]));

describe("copyUp()", () => {
  test("fills an empty volume, with owners and modes, those of the directory too", async () => {
    chownSync(join(rootfs, "srv/www"), 33, 34);
    chmodSync(join(rootfs, "srv/www"), 0o2770);
    chownSync(join(rootfs, "srv/www/sub/page"), 33, 34);
    await copyUp(rootfs, "/srv/www", data);
    expect(readFileSync(join(data, "sub/page"), "utf8")).toBe("hello");
    const seen = [data, join(data, "sub/page")]
      .map((path) => statSync(path))
      .map(({ uid, gid, mode }) => [uid, gid, mode & 0o7777]);
    expect(seen).toEqual([
      [33, 34, 0o2770],
      [33, 34, 0o640],
    ]);
    expect(readdirSync(join(place.dir, "volume"))).toEqual(["_data"]);
  });

  test("leaves a volume alone in which there is something", async () => {
    writeFileSync(join(data, "mine"), "");
    await copyUp(rootfs, "/srv/www", data);
    expect(readdirSync(data)).toEqual(["mine"]);
  });

  test.each(["/srv/none", "/srv/www/sub/page"])(
    "has nothing to copy where the image has no directory: %s",
    async (path) => {
      await copyUp(rootfs, path, data);
      expect(readdirSync(data)).toEqual([]);
    },
  );

  test("stays in the image, wherever its symbolic links lead", async () => {
    mkdirSync(join(place.dir, "host"));
    writeFileSync(join(place.dir, "host/secret"), "");
    symlinkSync(join(place.dir, "host"), join(rootfs, "absolute")); // there is none such in the image
    symlinkSync("../../../../host", join(rootfs, "srv/up"));
    symlinkSync("/srv", join(rootfs, "inside"));
    for (const path of ["/absolute", "/srv/up", "/../host"]) await copyUp(rootfs, path, data);
    expect(readdirSync(data)).toEqual([]);
    await copyUp(rootfs, "/inside/www", data);
    expect(readdirSync(data)).toEqual(["sub"]);
  });

  test("copies symbolic links as they are", async () => {
    symlinkSync("/etc/shadow", join(rootfs, "srv/www/link"));
    await copyUp(rootfs, "/srv/www", data);
    expect(readlinkSync(join(data, "link"))).toBe("/etc/shadow");
    expect(readdirSync(data).sort()).toEqual(["link", "sub"]);
  });

  test("begins again where another daemon was killed", async () => {
    writeFileSync(join(place.dir, "volume/copying"), "");
    writeFileSync(join(data, "half"), "");
    await copyUp(rootfs, "/srv/www", data);
    expect(readdirSync(data)).toEqual(["sub"]);
  });
});
