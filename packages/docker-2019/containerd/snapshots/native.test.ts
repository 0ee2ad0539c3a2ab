import { temporaryDirectory } from "./mount-fixtures.ts";
import { openNative } from "./native.ts";
import { snapshotterSuite } from "./testsuite.ts";

snapshotterSuite("native", openNative, temporaryDirectory);
