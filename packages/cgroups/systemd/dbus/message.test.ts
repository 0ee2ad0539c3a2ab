import { describe, expect, test } from "vitest";
import { socketPaths } from "./address.ts";
import { Decoder } from "./decoder.ts";
import { encode } from "./encoder.ts";
import { decodeMessage, encodeMessage, KIND, messageSize } from "./message.ts";
import { typesOf } from "./signature.ts";

describe("encode()", () => {
  test("aligns each value, and counts an array from its first element", () => {
    expect([...encode("yu", [1, 2])]).toEqual([1, 0, 0, 0, 2, 0, 0, 0]);
    expect([...encode("at", [[5n]])]).toEqual([8, 0, 0, 0, 0, 0, 0, 0, 5, 0, 0, 0, 0, 0, 0, 0]);
    expect([...encode("s", ["ab"])]).toEqual([2, 0, 0, 0, 97, 98, 0]);
    expect([...encode("v", [{ signature: "b", value: true }])]).toEqual([1, 98, 0, 0, 1, 0, 0, 0]);
  });

  test.each([
    ["ynqiuxtd", [255, -2, 65_535, -70_000, 4_000_000_000, -5n, 2n ** 64n - 1n, 0.5]],
    ["sogb", ["ö", "/a/b", "a(sv)", false]],
    [
      "a(sv)a(sa(sv))",
      [
        [
          ["Slice", { signature: "s", value: "a.slice" }],
          ["PIDs", { signature: "au", value: [1] }],
        ],
        [],
      ],
    ],
    ["a{sv}(ya(ss))", [[["a", { signature: "as", value: [] }]], [1, [["x", "y"]]]]],
  ])("writes %s as it is read", (signature, values) => {
    expect(new Decoder(encode(signature, values), true).read(signature)).toEqual(values);
  });

  test("refuses what is not of the type", () => {
    expect(() => encode("s", [1])).toThrow('Cannot write number 1 to D-Bus as "s"');
    expect(() => encode("s", ["a\0b"])).toThrow("null character");
    expect(() => encode("u", [-1])).toThrow(RangeError);
    expect(() => encode("ss", ["a"])).toThrow("Cannot write 1 values");
    expect(() => encode("z", [1])).toThrow('Cannot use "z"');
  });
});

test("typesOf() refuses a signature that ends too early", () => {
  for (const signature of ["a", "(s", "a{s"]) expect(() => typesOf(signature)).toThrow("it ends too early");
});

describe("messages", () => {
  const message = {
    ...{ kind: KIND.METHOD_CALL, serial: 7, destination: "org.a", path: "/a", interface: "org.a.B", member: "C" },
    ...{ signature: "su", body: ["x", 1] },
  };

  test("are read as they were written", () => {
    const bytes = encodeMessage(message);
    expect(messageSize(bytes)).toBe(bytes.length);
    expect(decodeMessage(bytes)).toEqual(message);
  });

  test("are read big end first too", () => {
    const fixed = "42020001" + "00000004" + "00000009" + "0000000f"; // an answer, with 4 bytes of body and 15 of fields
    const fields = "0501750000000007" + "08016700017500" + "00"; // to the call 7; the body is "u"; aligned
    expect(decodeMessage(Buffer.from(`${fixed}${fields}00000005`, "hex"))).toEqual({
      ...{ kind: KIND.METHOD_RETURN, serial: 9, replySerial: 7, signature: "u", body: [5] },
    });
  });

  test("say too little at first", () => expect(messageSize(encodeMessage(message).subarray(0, 15))).toBeUndefined());

  test("are refused when they are none", () => {
    expect(() => messageSize(Buffer.alloc(16, "x"))).toThrow("a message begins with 120");
  });
});

describe("socketPaths()", () => {
  test("reads addresses", () => {
    expect(socketPaths("tcp:host=a;unix:path=/run/a%20b,guid=1;unix:abstract=/x")).toEqual(["/run/a b", "\0/x"]);
  });
  test("refuses an address without a Unix socket", () => {
    expect(() => socketPaths("tcp:host=a")).toThrow('at "tcp:host=a": it names no Unix socket');
  });
});
