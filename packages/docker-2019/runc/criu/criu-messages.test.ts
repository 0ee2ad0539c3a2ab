import { describe, expect, test } from "vitest";
import { decodeResponse, encodeRequest } from "./criu-messages.ts";

describe("encodeRequest()", () => {
  test("writes numbers in groups of seven bits, and messages with their length before them", () =>
    expect(
      encodeRequest({
        type: 1,
        opts: { pid: 300, leave_running: true, log_file: "dump.log", empty_ns: undefined },
      }).toString("hex"),
    ).toBe(["0801", "120f", "10ac02", "1801", "5208", Buffer.from("dump.log").toString("hex")].join("")));

  test("writes a field of several values once for each", () => {
    const external = ["a", "bc"];
    expect(encodeRequest({ opts: { external } }).toString("hex")).toBe("1209aa020161aa02026263");
  });

  test("writes negative numbers with 64 bits", () =>
    expect(encodeRequest({ opts: { manage_cgroups_mode: -1 } }).toString("hex")).toBe("120c9002ffffffffffffffffff01"));
});

describe("decodeResponse()", () => {
  test("reads what it knows, and passes over the rest", () => {
    const script = Buffer.from("post-restore");
    const notify = Buffer.concat([Buffer.from([0x0a, script.length]), script, Buffer.from("10ac02", "hex")]);
    const bytes = Buffer.concat([
      Buffer.from("08061001", "hex"),
      Buffer.from([0x2a, notify.length]),
      notify,
      Buffer.from("f80701", "hex"),
    ]);
    expect(decodeResponse(bytes)).toEqual({ type: 6, success: true, notify: { script: "post-restore", pid: 300 } });
  });

  test("reads negative numbers", () =>
    expect(decodeResponse(Buffer.from("38ffffffffffffffffff01", "hex"))).toEqual({ cr_errno: -1 }));

  test("refuses what is cut off", () =>
    expect(() => decodeResponse(Buffer.from("08ff", "hex"))).toThrow("in the middle"));
});
