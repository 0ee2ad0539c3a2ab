/** What a process is doing, in a word. */
import { Status } from "../../proto/gen/process_pb.ts";

const NAMES = new Map<Status, string>(Object.entries(Status).map(([name, number]) => [number, name]));

/** `RUNNING` */
export function statusName(status: Status): string {
  return NAMES.get(status) ?? "UNKNOWN";
}

/** `running` */
export function statusWord(status: Status): string {
  return statusName(status).toLowerCase();
}
