import { describe, expect, test } from "vitest";
import { parseCommandLine } from "./command-line.ts";

describe("parseCommandLine()", () => {
  test("reads flags with one dash or two, before and after the command", () => {
    const words = ["-namespace", "moby", "--address=/run/c.sock", "-id", "web", "start", "-debug"];
    expect(parseCommandLine(words)).toMatchObject({
      namespace: "moby",
      address: "/run/c.sock",
      id: "web",
      action: "start",
      debug: true,
    });
  });

  test("tells help from the version", () => {
    expect(parseCommandLine(["-h"])).toBe("help");
    expect(parseCommandLine(["-v"])).toBe("version");
  });

  test("says what is missing or not known", () => {
    expect(() => parseCommandLine([])).toThrow("shim namespace cannot be empty");
    expect(() => parseCommandLine(["-namespace", "n", "-id", "i"])).toThrow("start or delete is missing");
    expect(() => parseCommandLine(["-nosuch"])).toThrow('Cannot use "-nosuch"');
  });
});
