import { describe, expect, test } from "vitest";
import {
  callersEnvironment,
  inheritedListenFds,
  listenFdsVariables,
  parseEnvironment,
  withHome,
} from "./environment.ts";

describe("parseEnvironment()", () => {
  test("keeps the order of the first mention and the value of the last", () => {
    expect(Object.entries(parseEnvironment(["A=1", "B=x=y", "A=2", "C="]))).toEqual([
      ["A", "2"],
      ["B", "x=y"],
      ["C", ""],
    ]);
  });

  test.each([
    ["B", 'invalid environment variable: "B"'],
    ["=3", 'environment variable name can\'t be empty: "=3"'],
    ["a\0=3", 'environment variable name can\'t contain null(\\x00): "a\\u0000=3"'],
    ["a=\0", 'environment variable value can\'t contain null(\\x00): "a=\\u0000"'],
  ])("refuses %j", (variable, message) => {
    expect(() => parseEnvironment([variable])).toThrow(message);
  });
});

describe("withHome()", () => {
  test("names the home directory where nobody did", () => {
    expect(withHome({ A: "1" }, "/root")).toEqual({ A: "1", HOME: "/root" });
    expect(withHome({ HOME: "" }, "/root")).toEqual({ HOME: "/root" });
    expect(withHome({ HOME: "/x" }, "/root")).toEqual({ HOME: "/x" });
  });
});

describe("callersEnvironment()", () => {
  test("has nothing of the launcher's", () => {
    expect(callersEnvironment({ PATH: "/bin", ERAS_NOFILE: "1024" })).toEqual({ PATH: "/bin" });
  });
});

describe("inheritedListenFds()", () => {
  test("counts the sockets that are meant for us", () => {
    expect(inheritedListenFds({ LISTEN_FDS: "2", LISTEN_PID: "7" }, 7)).toBe(2);
    expect(inheritedListenFds({ LISTEN_FDS: "2", LISTEN_PID: "8" }, 7)).toBe(0);
    expect(inheritedListenFds({ LISTEN_FDS: "two", LISTEN_PID: "7" }, 7)).toBe(0);
    expect(inheritedListenFds({}, 7)).toBe(0);
  });
});

describe("listenFdsVariables()", () => {
  test("tells process 1 of the container", () => {
    expect(listenFdsVariables(2)).toEqual(["LISTEN_FDS=2", "LISTEN_PID=1"]);
    expect(listenFdsVariables(0)).toEqual([]);
  });
});
