/** A recorded run with what the viewer's page tells beside its events: the steps of its era, and its messages. */
import { STEPS as STEPS_2013 } from "@eras/docker-2013/steps.ts";
import { MESSAGES } from "@eras/docker-2019/messages.ts";
import { fieldsOfMessage } from "@eras/docker-2019/proto/message-fields.ts";
import { STEPS as STEPS_2019 } from "@eras/docker-2019/steps.ts";
import { callText } from "@eras/linux/call-text.ts";
import type { TraceEvent } from "@eras/trace/event.ts";
import { recordRun } from "@eras/viewer/record.ts";
import type { RecordedRun } from "@eras/viewer/recorded-run.ts";

/** @param run - As in a chapter's head: `2013 run -a busybox echo hello`. */
export function viewerRun(run: string, events: readonly TraceEvent[]): RecordedRun {
  const words = run.startsWith("2013 ")
    ? { era: "2013", steps: STEPS_2013 }
    : { era: "2019", steps: STEPS_2019, messages: MESSAGES, fieldsOfMessage };
  return recordRun({ ...words, events, callText });
}
