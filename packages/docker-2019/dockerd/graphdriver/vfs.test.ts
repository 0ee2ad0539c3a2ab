import { temporaryDirectory } from "./fixtures.ts";
import { graphDriverSuite } from "./testsuite.ts";
import { openVfs } from "./vfs.ts";

graphDriverSuite("vfs", openVfs, temporaryDirectory);
