/** Memory, given back once: a machine may have hundreds of these, most of which never see a packet, and nothing but packets makes garbage. */
import { collectGarbageAndCode } from "../garbage.ts";

/** After which the parent has been told, and what was compiled at the start has been stored (packages/launch/packed.cjs). */
const IDLE_MS = 2_000;

export function releaseMemoryOnceIdle(): void {
  setTimeout(collectGarbageAndCode, IDLE_MS).unref();
}
