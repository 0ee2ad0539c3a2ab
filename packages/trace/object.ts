/** Objects of the kernel that no step and no call of a run tells of: rules that stand already, and what has been counted until the end. */
import { emit, isTraced } from "./context.ts";
import type { TraceObject } from "./event.ts";

/** @param read - Is called in a traced run alone. */
export function traceObject(object: TraceObject, read: () => Record<string, unknown>): void {
  if (isTraced()) emit("object", object.id, { object, args: read() });
}
