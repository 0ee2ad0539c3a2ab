/** What this runc says it is. dockerd and go-runc look for the three lines. */
import { OCI_VERSION } from "@eras/oci-spec/runtime/config.ts";

/** Of runc, of which this is one in TypeScript. */
export const VERSION = "1.1.5-eras";

export const VERSION_TEXT = `${VERSION}
commit: v${VERSION}
spec: ${OCI_VERSION}
node: ${process.version}`;
