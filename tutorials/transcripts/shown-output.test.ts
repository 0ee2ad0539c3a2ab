import { describe, expect, test } from "vitest";
import { LEFT_OUT, shownOutput } from "./shown-output.ts";

describe("shownOutput()", () => {
  test("puts recorded values where the chapter has placeholders", () => {
    expect(shownOutput(["id <ID:web> is up"], ["id 0123456789ab is up"])).toEqual([
      [{ text: "id " }, { text: "0123456789ab", kind: "ID", name: "web" }, { text: " is up" }],
    ]);
  });
  test("leaves out what the chapter leaves out, and goes on behind it", () => {
    expect(shownOutput(["...", "pid <PID>"], ["noise", "pid x", "pid 7"])).toEqual([
      LEFT_OUT,
      [{ text: "pid " }, { text: "7", kind: "PID" }, { text: "" }],
    ]);
  });
  test("keeps keys, which a terminal does not show", () => {
    expect(shownOutput(["/ # ^D"], ["/ #"])).toEqual([[{ text: "/ # ^D" }]]);
  });
  test("says what stands there, where nothing is recorded", () => {
    expect(shownOutput(["pid <PID:one>"], [])).toEqual([[{ text: "pid ‹pid›" }]]);
  });
});
