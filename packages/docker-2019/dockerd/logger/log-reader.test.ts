import { appendFileSync, existsSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { LogEntry } from "./json-file.ts";
import { rotated } from "./log-file.ts";
import { LogReader, LogWatch } from "./log-reader.ts";

let path: string;
let reader: LogReader;
beforeEach(() => {
  path = join(mkdtempSync(join(tmpdir(), "docker-eras-log-")), "x-json.log");
  reader = new LogReader(path);
});
afterEach(async () => {
  await reader.close();
  rmSync(join(path, ".."), { recursive: true });
});

const line = (log: string) => `${JSON.stringify({ log, stream: "stdout", time: "2019-07-22T08:00:00.1Z" })}\n`;

async function texts(pieces: AsyncIterable<LogEntry[]>): Promise<string[]> {
  return (await Array.fromAsync(pieces)).flat().map(({ log }) => log);
}

describe("past()", () => {
  beforeEach(() => {
    writeFileSync(`${path}.2`, line("1") + line("2"));
    writeFileSync(`${path}.1`, line("3") + line("4"));
    writeFileSync(path, line("5") + line("6"));
  });

  test.each([
    [undefined, ["1", "2", "3", "4", "5", "6"]],
    [100, ["1", "2", "3", "4", "5", "6"]],
    [6, ["1", "2", "3", "4", "5", "6"]],
    [3, ["4", "5", "6"]],
    [2, ["5", "6"]],
    [1, ["6"]],
    [0, []],
  ])("gives the last %s entries, of all files, compressed ones too", async (tail, expected) => {
    expect(await texts(reader.past(tail))).toEqual(expected);
    for (const file of [`${path}.1`, `${path}.2`]) {
      writeFileSync(`${file}.gz`, gzipSync(readFileSync(file)));
      rmSync(file);
    }
    expect(await texts(reader.past(tail))).toEqual(expected);
  });

  test("leaves out a line that has no end yet, which comes with more()", async () => {
    appendFileSync(path, line("seven").slice(0, 20));
    expect(await texts(reader.past(1))).toEqual(["6"]);
    appendFileSync(path, line("seven").slice(20));
    expect(await texts(reader.more())).toEqual(["seven"]);
  });

  test("leaves out what is no entry", async () => {
    appendFileSync(path, `\n{"log":\n${line("7")}`);
    expect(await texts(reader.past(undefined))).toEqual(["1", "2", "3", "4", "5", "6", "7"]);
  });

  test("reads on in the same files when they are renamed under it, as a rotation does", async () => {
    const pieces = reader.past(undefined);
    const first = (await pieces.next()).value as LogEntry[];
    renameSync(`${path}.1`, `${path}.2`);
    renameSync(path, `${path}.1`);
    writeFileSync(path, line("7"));
    const rest = await texts(pieces);
    expect([...first.map(({ log }) => log), ...rest]).toEqual(["1", "2", "3", "4", "5", "6"]);
    expect(await texts(reader.more())).toEqual(["7"]);
  });

  test("gives nothing of a log that is not there", async () => {
    expect(await texts(new LogReader(`${path}-not`).past(undefined))).toEqual([]);
  });
});

test("a log is read that is longer than any piece, forwards and backwards", async () => {
  const logs = Array.from({ length: 3000 }, (_, i) => `${i} ${"é".repeat(i % 400)}`);
  writeFileSync(path, logs.map(line).join(""));
  expect(await texts(reader.past(undefined))).toEqual(logs);
  expect(await texts(reader.past(2500))).toEqual(logs.slice(-2500));
});

test("more() passes over no file when several have been begun meanwhile", async () => {
  writeFileSync(path, line("1"));
  expect(await texts(reader.past(undefined))).toEqual(["1"]);
  for (const next of ["2", "3", "4"]) {
    for (const number of [2, 1, 0].filter((one) => existsSync(rotated(path, one))))
      renameSync(rotated(path, number), rotated(path, number + 1));
    writeFileSync(path, line(next));
  }
  expect(await texts(reader.more())).toEqual(["2", "3", "4"]);
});

test("more() goes on where past() has ended, also when the log is begun anew", async () => {
  writeFileSync(path, line("1"));
  expect(await texts(reader.past(0))).toEqual([]);
  expect(await texts(reader.more())).toEqual([]);
  appendFileSync(path, line("2"));
  renameSync(path, `${path}.1`);
  writeFileSync(path, line("3"));
  expect(await texts(reader.more())).toEqual(["2", "3"]);
});

test("more() knows the file again that it was reading, when that has been compressed meanwhile", async () => {
  writeFileSync(path, line("1"));
  expect(await texts(reader.past(undefined))).toEqual(["1"]);
  appendFileSync(path, line("2"));
  writeFileSync(`${path}.1.gz`, gzipSync(readFileSync(path)));
  rmSync(path);
  writeFileSync(path, line("3"));
  expect(await texts(reader.more())).toEqual(["2", "3"]);
});

test("LogWatch tells of what has happened since it was made", async () => {
  writeFileSync(path, "");
  const changes = new LogWatch(path);
  appendFileSync(path, line("1"));
  await changes.next();
  const next = changes.next();
  appendFileSync(path, line("2"));
  await next;
  changes.close();
});
