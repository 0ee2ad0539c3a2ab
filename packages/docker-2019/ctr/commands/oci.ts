/** `ctr oci`: what containerd's clients take for granted. */
import { join } from "node:path";
import { type Group, leaf } from "../command.ts";
import { defaultSpec } from "../container/default-spec.ts";
import { printJson } from "../output/print.ts";

const spec = leaf({
  name: "spec",
  summary: "see the output of the default OCI spec",
  usage: "",
  isLocal: true,
  async run({ containerd: { namespace } }) {
    const made = defaultSpec(join("/", namespace));
    printJson({ ...made, process: { ...made.process, args: undefined } }); // what to run is for others to say
  },
});

export const oci: Group = { name: "oci", summary: "OCI tools", commands: [spec] };
