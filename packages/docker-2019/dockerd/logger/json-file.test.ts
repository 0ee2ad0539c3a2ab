import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { gunzipSync } from "node:zlib";
import { MNT_DETACH, mount, umount } from "@eras/linux/mount.ts";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { JsonFileLog, type LogEntry } from "./json-file.ts";
import { rotationOptions } from "./rotation-options.ts";

let path: string;
beforeEach(() => {
  path = join(mkdtempSync(join(tmpdir(), "docker-eras-log-")), "x-json.log");
});
afterEach(() => rmSync(join(path, ".."), { recursive: true }));

const entries = (file = path) =>
  readFileSync(file, "utf8")
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line) as LogEntry);
const text = (file = path) =>
  entries(file)
    .map(({ log }) => log)
    .join("");

describe("JsonFileLog", () => {
  test("writes a line for each line, of each stream its own", () => {
    const log = new JsonFileLog(path, rotationOptions({}));
    log.write(Buffer.from("one\ntw"), "stdout");
    log.write(Buffer.from("oops\n"), "stderr");
    log.write(Buffer.from("o\nrest"), "stdout");
    log.end();
    expect(entries().map(({ log: line, stream }) => [line, stream])).toEqual([
      ["one\n", "stdout"],
      ["oops\n", "stderr"],
      ["two\n", "stdout"],
      ["rest", "stdout"],
    ]);
    expect(statSync(path).mode & 0o777).toBe(0o640);
  });

  test.each(["plain", "a\tb \u0001", 'say "é"', "C:\\new", "\\\\n"])("keeps %j, among other lines", (line) => {
    const log = new JsonFileLog(path, rotationOptions({}));
    log.write(Buffer.from(`before\n${line}\n\nafter\nend`), "stdout");
    log.end();
    expect(entries().map(({ log: entry }) => entry)).toEqual(["before\n", `${line}\n`, "\n", "after\n", "end"]);
  });

  test("goes on with a log that is there", () => {
    for (const line of ["a\n", "b\n"]) {
      const log = new JsonFileLog(path, rotationOptions({}));
      log.write(Buffer.from(line), "stdout");
      log.end();
    }
    expect(text()).toBe("a\nb\n");
  });

  test("loses what a full disk doesn't take, and no more", () => {
    mount("tmpfs", dirname(path), "tmpfs", 0, "size=64k");
    try {
      const log = new JsonFileLog(path, { maxSize: 32 << 10, maxFile: 2 });
      const line = `${"x".repeat(100)}\n`;
      for (let i = 0; i < 100; i++) log.write(Buffer.from(line.repeat(10)), "stdout");
      expect(entries().every((entry) => entry.log === line)).toBe(true);
      expect(statSync(path).size + statSync(`${path}.1`).size).toBeLessThan(64 << 10);
      writeFileSync(`${path}.1`, ""); // there is room again
      log.write(Buffer.from("last\n"), "stdout");
      log.end();
      expect(entries().at(-1)?.log).toBe("last\n");
    } finally {
      umount(dirname(path), MNT_DETACH);
    }
  });

  test("cuts a line that is longer than 16 KiB", () => {
    const log = new JsonFileLog(path, rotationOptions({}));
    log.write(Buffer.from(`${"x".repeat(40_000)}\n`), "stdout");
    log.end();
    expect(entries().map(({ log: line }) => line.length)).toEqual([16_384, 16_384, 7_233]);
  });

  test("begins a new file when one is as large as it may be, and keeps so many", () => {
    const log = new JsonFileLog(path, rotationOptions({ "max-size": "1k", "max-file": "3" }));
    for (let i = 0; i < 100; i++) log.write(Buffer.from(`line ${i} ${"-".repeat(50)}\n`), "stdout");
    log.end();
    expect(existsSync(`${path}.2`)).toBe(true);
    expect(existsSync(`${path}.3`)).toBe(false);
    const kept = [`${path}.2`, `${path}.1`, path].map((file) => text(file)).join("");
    expect(kept).toMatch(/line 99 -+\n$/);
    for (const file of [`${path}.2`, `${path}.1`]) expect(statSync(file).size).toBeLessThan(1024 + 200);
  });

  test("does so within what comes at once, too", () => {
    const log = new JsonFileLog(path, rotationOptions({ "max-size": "1k", "max-file": "2" }));
    log.write(Buffer.from(Array.from({ length: 500 }, (_, i) => `${i}\n`).join("")), "stdout");
    log.end();
    expect(statSync(`${path}.1`).size).toBeGreaterThanOrEqual(1000);
    for (const file of [`${path}.1`, path]) expect(statSync(file).size).toBeLessThan(1000 + 100);
    expect(entries().at(-1)?.log).toBe("499\n");
  });
});

test("JsonFileLog compresses older logs, and keeps so many of them", async () => {
  const log = new JsonFileLog(path, rotationOptions({ "max-size": "1k", "max-file": "3", compress: "true" }));
  for (let i = 0; i < 4; i++) {
    log.write(Buffer.from(`line ${i} ${"-".repeat(1000)}\n`), "stdout");
    while (i > 0 && (existsSync(`${path}.1`) || !existsSync(`${path}.1.gz`))) await delay(5);
  }
  log.end();
  const older = [2, 1].map((number) => gunzipSync(readFileSync(`${path}.${number}.gz`)).toString());
  expect([...older, readFileSync(path, "utf8")].map((log) => /line \d/.exec(log)?.[0])).toEqual([
    "line 1",
    "line 2",
    "line 3",
  ]);
  expect(readdirSync(dirname(path))).toHaveLength(3);
});

describe("rotationOptions()", () => {
  test.each([
    [
      { "max-size": "10m", "max-file": "2" },
      { maxSize: 10_000_000, maxFile: 2, compress: false },
    ],
    [{ "max-size": "1.5k" }, { maxSize: 1500, maxFile: 1, compress: false }],
    [
      { "max-file": "2", mode: "non-blocking" },
      { maxSize: undefined, maxFile: 2, compress: false },
    ],
  ])("reads %j", (config, expected) => expect(rotationOptions(config as Record<string, string>)).toEqual(expected));

  test.each([
    [{ "max-size": "0" }, "max-size must be a positive number"],
    [{ "max-file": "two" }, 'strconv.Atoi: parsing "two": invalid syntax'],
    [{ "max-file": "0", "max-size": "1k" }, "max-file cannot be less than 1"],
    [
      { compress: "true", "max-file": "2" },
      "compress cannot be true when max-file is less than 2 or max-size is not set",
    ],
    [{ compress: "x" }, 'strconv.ParseBool: parsing "x": invalid syntax'],
    [{ "max-size": "many" }, "invalid size: 'many'"],
  ])("refuses %j", (config, message) =>
    expect(() => rotationOptions(config as unknown as Record<string, string>)).toThrow(message),
  );
});
