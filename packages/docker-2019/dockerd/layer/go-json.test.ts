import { expect, test } from "vitest";
import { goJson, sorted } from "./go-json.ts";

test("goJson() escapes as Go does, and sorted() orders as Go orders maps", () => {
  expect(goJson({ Cmd: ["a > b && c < d\u2028"] })).toBe('{"Cmd":["a \\u003e b \\u0026\\u0026 c \\u003c d\\u2028"]}');
  expect(JSON.stringify(sorted({ b: 1, B: 2, a: 3 }))).toBe('{"B":2,"a":3,"b":1}');
});
