import { constants } from "node:os";
import { expect, test } from "vitest";
import { strerror } from "./strerror.ts";

test("strerror() says what a number means", () => {
  expect(strerror(constants.errno.ENOENT)).toBe("No such file or directory");
  expect(strerror(constants.errno.EIO)).toBe("Input/output error");
  expect(strerror(9999)).toBe("Unknown error 9999");
});
