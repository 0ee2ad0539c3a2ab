import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { serveSite } from "./serve.ts";

const dir = mkdtempSync(join(tmpdir(), "docker-eras-serve-"));
let server: Server;
let port: number;

beforeAll(async () => {
  writeFileSync(join(dir, "index.html"), "home");
  writeFileSync(join(dir, "13-02.html"), "chapter");
  writeFileSync(join(dir, "404.html"), "nothing here");
  server = await serveSite(0, dir);
  ({ port } = server.address() as AddressInfo);
});
afterAll(() => {
  server?.close();
  rmSync(dir, { recursive: true });
});

const get = async (path: string) => {
  const response = await fetch(`http://127.0.0.1:${port}${path}`);
  return { status: response.status, type: response.headers.get("content-type"), text: await response.text() };
};

describe("serveSite()", () => {
  test.each([
    ["/", 200, "home"],
    ["/13-02.html?x=1", 200, "chapter"],
    ["/13-02", 200, "chapter"],
    ["/13-03", 404, "nothing here"],
    ["/..%2f..%2f..%2fetc/passwd", 404, "nothing here"],
    ["/%zz", 404, "nothing here"],
  ])("answers %s with %i", async (path, status, text) => {
    expect(await get(path)).toEqual({ status, text, type: "text/html; charset=utf-8" });
  });
  test("is for this machine only", () => {
    expect((server.address() as AddressInfo).address).toBe("127.0.0.1");
  });
  test("says what to do when there is no site", async () => {
    await expect(serveSite(0, join(dir, "none"))).rejects.toThrow("pnpm run docs builds it");
  });
});
