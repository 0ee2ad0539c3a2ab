/** For programs that start another program of this project: `node LAUNCH MAIN ARGS…`. */
import { join } from "node:path";

/** Path of launch.cjs. */
export const LAUNCH = join(import.meta.dirname, "launch.cjs");
