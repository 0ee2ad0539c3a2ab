import { describe, expect, test } from "vitest";
import { mergeLogConfig } from "./log-config.ts";

describe("mergeLogConfig()", () => {
  const standard = { Type: "json-file", Config: { "max-size": "10m" } };

  test("takes the daemon's driver and options where nothing is said", () =>
    expect(mergeLogConfig(undefined, standard)).toEqual(standard));

  test("lets the container's options go first", () =>
    expect(mergeLogConfig({ Type: "", Config: { "max-size": "1m", "max-file": "3" } }, standard).Config).toEqual({
      "max-size": "1m",
      "max-file": "3",
    }));

  test("hands the daemon's options to no other driver", () =>
    expect(mergeLogConfig({ Type: "none", Config: null }, standard)).toEqual({ Type: "none", Config: {} }));

  // the genuine dockerd says the same, after fifteen seconds of looking for a plugin
  test("refuses a driver that isn't there", () =>
    expect(() => mergeLogConfig({ Type: "none-such", Config: {} }, standard)).toThrow(
      'error looking up logging plugin none-such: plugin "none-such" not found',
    ));
});
