import { closeSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { bindDatagram, receiveDatagram, sendDatagram } from "./unix-datagram.ts";

const dir = mkdtempSync(join(tmpdir(), "datagram-"));
afterAll(() => rmSync(dir, { recursive: true }));

describe("sendDatagram()", () => {
  test.each(["a file", "the abstract namespace"])("sends whole messages to a socket in %s", (place) => {
    const path = place === "a file" ? join(dir, "s") : `@docker-eras-datagram-${process.pid}`;
    const fd = bindDatagram(path);
    sendDatagram(path, "one\ntwo");
    sendDatagram(path, "three");
    expect([receiveDatagram(fd), receiveDatagram(fd)]).toEqual(["one\ntwo", "three"]);
    closeSync(fd);
    expect(() => sendDatagram(path, "four")).toThrow(`sendto ${path}: ECONNREFUSED`);
  });
});

describe("bindDatagram()", () => {
  test("takes no name that is taken", () => {
    const path = join(dir, "taken");
    closeSync(bindDatagram(path));
    expect(() => bindDatagram(path)).toThrow(`bind ${path}: EADDRINUSE`);
  });
});
