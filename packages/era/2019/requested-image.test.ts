import { describe, expect, test } from "vitest";
import { imageWish } from "./requested-image.ts";

const wish = (line: string) => imageWish(line.split(" "));

describe("imageWish()", () => {
  test.each([
    ["run --rm -it busybox echo", { kind: "container", image: "busybox" }],
    ["container create --name x base:latest", { kind: "container", image: "base" }],
    ["run docker.io/library/busybox", { kind: "container", image: "busybox" }],
    ["pull busybox", { kind: "pull", image: "busybox" }],
    ["image pull -q library/base", { kind: "pull", image: "base" }],
    ["run busybox pull base", { kind: "container", image: "busybox" }],
  ])("finds the image of %j", (line, expected) => expect(wish(line)).toEqual(expected));

  test.each([
    "ps -a",
    "inspect busybox",
    "pull alpine",
    "pull busybox:1.36",
    "pull example.com/busybox",
    "pull -a busybox",
    "pull --help busybox",
    "constructor busybox",
  ])("finds none in %j", (line) => expect(wish(line)).toBeUndefined());
});
