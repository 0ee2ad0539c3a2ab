import { describe, expect, test } from "vitest";
import { aufsData } from "./aufs-mount.ts";

const HOME = "/var/lib/docker/aufs/diff";
const layers = (count: number) => Array.from({ length: count }, (_, i) => `${HOME}/${`${i}`.padStart(64, "0")}`);

describe("aufsData()", () => {
  test("names the branches, the writable one first, and the options", () => {
    const branches = { rw: "/d/rw", ro: ["/d/top", "/d/base"] };
    expect(aufsData(branches, true)).toEqual([
      "br:/d/rw=rw:/d/top=ro+wh:/d/base=ro+wh,dio,xino=/dev/shm/aufs.xino,dirperm1",
    ]);
    expect(aufsData(branches, false)).toEqual(["br:/d/rw=rw:/d/top=ro+wh:/d/base=ro+wh,dio,xino=/dev/shm/aufs.xino"]);
  });

  test.each([1, 40, 41, 42, 43, 44, 126])("keeps each of %i layers in its place, whatever a page holds", (count) => {
    const ro = layers(count);
    const [first, ...appended] = aufsData({ rw: `${HOME}/rw`, ro }, true);
    const [branches = "", ...options] = first!.split(",");
    expect(options).toEqual(["dio", "xino=/dev/shm/aufs.xino", "dirperm1"]);
    expect(appended.every((data) => data.startsWith("append:"))).toBe(true);
    const all = [...branches.split(":").slice(2), ...appended.map((data) => data.slice("append:".length))];
    expect(all).toEqual(ro.map((layer) => `${layer}=ro+wh`));
  });

  test("fills the page of the first mount, and no more", () => {
    const ro = layers(126);
    const [first, next] = aufsData({ rw: `${HOME}/rw`, ro }, true);
    expect(Buffer.byteLength(first!)).toBeLessThan(4096);
    expect(Buffer.byteLength(first! + next!.slice("append".length))).toBeGreaterThanOrEqual(4096);
  });
});
