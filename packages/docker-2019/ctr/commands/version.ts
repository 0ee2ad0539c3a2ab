/** `ctr version`: of both sides. */
import { leaf } from "../command.ts";
import { log } from "../output/log.ts";
import { print } from "../output/print.ts";
import { REVISION, VERSION } from "../version.ts";

export const version = leaf({
  name: "version",
  summary: "print the client and server versions",
  usage: "",
  async run({ containerd }) {
    print(`Client:\n  Version:  ${VERSION}\n  Revision: ${REVISION}\n  Node.js version: ${process.version}\n`);
    const server = await containerd.version.version({});
    const { uuid } = await containerd.introspection.server({});
    print(`Server:\n  Version:  ${server.version}\n  Revision: ${server.revision}\n  UUID: ${uuid}`);
    if (server.version !== VERSION) log("debug", "client and server versions differ");
  },
});
