import { describe, expect, test } from "vitest";
import { parseCommandLine } from "./command-line.ts";

describe("parseCommandLine()", () => {
  test("reads what dockerd gives it", () => {
    expect(parseCommandLine(["-n", "09906fa3", "-f", "/c/config.lxc", "--", "/bin/bash", "-i"])).toEqual({
      name: "09906fa3",
      configPath: "/c/config.lxc",
      overrides: [],
      logLevel: "ERROR",
      command: ["/bin/bash", "-i"],
    });
  });

  test("starts /sbin/init where no command is given", () => {
    expect(parseCommandLine(["--name=web", "--rcfile", "f"])).toMatchObject({ command: ["/sbin/init"] });
  });

  test("takes a console as a line of configuration, before those of -s", () => {
    const options = parseCommandLine(["-n", "web", "-f", "f", "-s", "lxc.tty=1", "-s", "lxc.pts=2", "-c", "/dev/tty8"]);
    expect(options).toMatchObject({ overrides: ["lxc.console=/dev/tty8", "lxc.tty=1", "lxc.pts=2"] });
  });

  test("takes a log and its level", () => {
    expect(parseCommandLine(["-n", "web", "-f", "f", "-o", "log", "-l", "info"])).toMatchObject({
      logPath: "log",
      logLevel: "INFO",
    });
  });

  test("answers --help and --version", () => {
    expect(parseCommandLine(["--help"])).toContain("usage: lxc-start -n NAME");
    expect(parseCommandLine(["--version"])).toBe("0.8.0-eras");
  });

  test.each([
    [["-f", "f"], "the container's name is missing"],
    [["-n", "web"], "the configuration is missing"],
    [["-n", "../web", "-f", "f"], '"../web" is no name for a container'],
    [["-n", "..", "-f", "f"], '".." is no name for a container'],
    [["-n", "web", "-f", "f", "-l", "loud"], '"loud" is no log priority'],
    [["-n", "web", "-f", "f", "-x"], "Unknown option '-x'"],
  ])("refuses %j", (args, message) => {
    expect(() => parseCommandLine(args)).toThrow(message);
  });
});
