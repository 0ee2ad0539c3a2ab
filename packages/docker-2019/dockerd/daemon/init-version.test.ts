import { expect, test } from "vitest";
import { parseInitVersion } from "./init-version.ts";

test.each([
  ["tini version 0.19.0\n", { version: "0.19.0", commit: "" }],
  ["tini version 0.18.0 - git.fec3683\n", { version: "0.18.0", commit: "fec3683" }],
  ["what?", { version: "", commit: "" }],
])("parseInitVersion(%j)", (text, expected) => expect(parseInitVersion(text)).toEqual(expected));
