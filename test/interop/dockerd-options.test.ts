/** What dockerd may be told, by flags and by its file: what makes no sense is refused as the genuine dockerd refuses it, before anything begins. */
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseCommandLine } from "@eras/docker-2019/dockerd/command-line.ts";
import { readConfig } from "@eras/docker-2019/dockerd/options/config-file.ts";
import { daemonOptions } from "@eras/docker-2019/dockerd/options/daemon-options.ts";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { newPlace, type Place, removePlace } from "../harness/remains.ts";
import { runProgram, shellEnvironment } from "../harness/run-program.ts";
import { missing } from "../harness/runtime-under-test.ts";

let place: Place;
let configFile: string;
beforeAll(() => {
  place = newPlace();
  configFile = join(place.dir, "daemon.json");
});
afterAll(async () => expect(await removePlace(place)).toEqual([]));

/** Members of the file, or its text; flags. */
type Told = readonly [file: object | string, ...flags: string[]];

const REFUSED: readonly Told[] = [
  [{ foo: 1 }],
  ["[]"],
  ["1"],
  [""],
  [{ debug: true }, "--debug"],
  [{ icc: false }, "--icc=true"],
  [{ hosts: ["unix:///x"] }, "-H", "unix:///y"],
  [{ labels: ["a=b"], dns: ["1.1.1.1", "2.2.2.2"] }, "--label", "c=d", "--dns", "3.3.3.3"],
  [{ "log-opts": { "max-size": "1m" } }, "--log-opt", "max-file=2"],
  [{ bip: "10.0.0.1/24" }, "--bip", "10.0.0.1/24"],
  [{ "max-concurrent-downloads": 2 }, "--max-concurrent-downloads", "4"],
  [{ debug: null, labels: null }, "--debug", "--label", "a=b"],
  [{ debug: "yes" }],
  [{ "shutdown-timeout": "5" }],
  [{ labels: "a=b" }],
  [{ labels: ["abc"] }],
  [{ dns: ["1.2.3"] }],
  [{ runtimes: { runc: { path: "/x" } } }],
  [{ "default-runtime": "nope" }],
  [{ "max-concurrent-downloads": -1 }],
  [{ "max-concurrent-uploads": -1 }],
  [{ "default-ipc-mode": "foo" }],
  [{ "default-ulimits": [] }],
  [{ "default-ulimits": { nofile: 5 } }],
  [{ "default-ulimits": { nofile: { Name: "nofile", Soft: "5" } } }],
  [{ runtimes: { x: 5 } }],
  [{ runtimes: { x: { path: 5 } } }],
  [{ "default-address-pools": 5 }],
  [{ "default-shm-size": "foo" }],
  [{ "log-opts": { "max-size": 5 } }],
  [{}, "--default-runtime", "nope"],
  [{}, "--default-ipc-mode", "foo"],
  [{}, "--default-cgroupns-mode", "foo"],
  [{}, "--label", "abc"],
  [{}, "--dns", "1.2.3"],
  [{}, "--dns-search", "a_b"],
  [{}, "--ip", "1.2"],
  [{}, "--registry-mirror", "foo"],
  [{}, "--registry-mirror", "http://foo/path"],
  [{}, "--default-shm-size", "foo"],
  [{}, "--default-ulimit", "nofile=2:1"],
  [{}, "--default-ulimit", "foo=2:1"],
  [{}, "--default-ulimit", "nofile"],
  [{}, "--add-runtime", "y"],
  [{}, "--add-runtime", "runc=/x"],
  [{}, "--shutdown-timeout", "x"],
  [{}, "--default-address-pool", "foo=bar"],
  [{}, "--icc=maybe"],
  [{}, "--label", "a=b", "--label", "a=c"],
  [{}, "-H", "foo://x"],
  [{}, "-l", "loud"],
];

describe("what dockerd is told, and makes no sense, is refused in the genuine dockerd's words:", () => {
  const reason = missing("/usr/sbin/dockerd");
  if (reason) return void test.skip(reason);

  test.each(REFUSED.map((told) => [JSON.stringify(told), told] as const))("%s", async (_, told) => {
    const genuine = await genuineRefusal(told);
    expect(genuine).not.toBe("");
    expect(ourRefusal(told)).toBe(genuine);
  });

  test("containers that may not speak with each other, and no iptables", () => {
    expect(ourRefusal([{}, "--icc=false", "--iptables=false"])).toMatch(
      /^failed to start daemon: You specified --iptables/,
    );
  });

  test("a file that is not there", async () => {
    rmSync(configFile, { force: true });
    const { stderr } = await runGenuine([]);
    expect(() => readConfig(parseCommandLine(["--config-file", configFile], ""))).toThrow(stderr.trim());
  });
});

function write(file: object | string): void {
  writeFileSync(configFile, typeof file === "string" ? file : JSON.stringify(file));
}

/** Everything of it lies in the place; what is refused makes nothing there. */
function runGenuine(flags: readonly string[]) {
  const paths = ["data-root", "exec-root", "pidfile"].flatMap((name) => [`--${name}`, join(place.dir, name)]);
  return runProgram("dockerd", ["--config-file", configFile, ...paths, ...flags], { env: shellEnvironment() });
}

async function genuineRefusal([file, ...flags]: Told): Promise<string> {
  write(file);
  const { stderr } = await runGenuine(flags);
  const [line = ""] = stderr.split("\n").filter((text) => text !== "" && !text.startsWith("time="));
  return line.replace(/^Status: /, "");
}

function ourRefusal([file, ...flags]: Told): string {
  write(file);
  try {
    const { options } = readConfig(parseCommandLine(["--config-file", configFile, ...flags], ""));
    daemonOptions(options);
    return "";
  } catch (error) {
    return (error as Error).message;
  }
}
