import { describe, expect, test } from "vitest";
import { activatedSockets, takeActivatedSockets } from "./socket-activation.ts";

describe("sockets that systemd hands over", () => {
  test("are those that this process was told of, once", () => {
    const env: NodeJS.ProcessEnv = { LISTEN_PID: "7", LISTEN_FDS: "2", LISTEN_FDNAMES: "a:b", PATH: "/bin" };
    expect(takeActivatedSockets(env, 7)).toEqual([3, 4]);
    expect(env).toEqual({ PATH: "/bin" });
    expect(takeActivatedSockets(env, 7)).toEqual([]);
  });

  test("are another process's when they say so", () => {
    expect(takeActivatedSockets({ LISTEN_PID: "8", LISTEN_FDS: "2" }, 7)).toEqual([]);
  });

  test("are all, or one by its number", () => {
    expect(activatedSockets("fd://", [3, 4])).toEqual([3, 4]);
    expect(activatedSockets("fd://*", [3, 4])).toEqual([3, 4]);
    expect(activatedSockets("fd://4", [3, 4])).toEqual([4]);
  });

  test("are missed", () => {
    expect(() => activatedSockets("fd://", [])).toThrow("no sockets found via socket activation");
    expect(() => activatedSockets("fd://5", [3])).toThrow("no sockets found via socket activation");
    expect(() => activatedSockets("fd://docker", [3])).toThrow("Invalid bind address format");
  });
});
