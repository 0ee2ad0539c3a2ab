import { InvalidArgument } from "@eras/oci-spec/errdefs.ts";
import { expect, test } from "vitest";
import { temporaryDirectory } from "./mount-fixtures.ts";
import { openOverlay } from "./overlay.ts";
import { snapshotterSuite } from "./testsuite.ts";

snapshotterSuite("overlayfs", openOverlay, temporaryDirectory);

test("openOverlay() refuses a path that would read as an option", () => {
  expect(() => openOverlay("/tmp/a:b")).toThrow(InvalidArgument);
});
