/** `ctr events`: what happens in containerd, as it happens. */

import { typeNameOf } from "../../proto/any.ts";
import type { Any } from "../../proto/gen/google/protobuf/any_pb.ts";
import { fromBinary } from "../../proto/message.ts";
import { leaf } from "../command.ts";
import { eventSchema } from "../event-schemas.ts";
import { print } from "../output/print.ts";
import { protoJson } from "../output/proto-json.ts";
import { goTime } from "../output/time.ts";

export const events = leaf({
  name: "events",
  summary: "display containerd events",
  usage: "[<filter>, ...]",
  async run({ args, containerd }) {
    for await (const { timestamp, namespace, topic, event } of containerd.events.subscribe({ filters: args }))
      print(`${goTime(timestamp)} ${namespace} ${topic} ${event ? eventJson(event) : "{}"}`);
  },
});

/** Events of messages that are not known here are told by their type: some plugin's, or a later containerd's. */
function eventJson(event: Any): string {
  const schema = eventSchema(typeNameOf(event));
  if (schema === undefined) return JSON.stringify({ type_url: event.typeUrl });
  return JSON.stringify(protoJson(schema, fromBinary(schema, event.value)));
}
