/** `runc state`: what a container is, as JSON. */
import { writeSync } from "node:fs";
import { defineCommand } from "../command.ts";
import { Container } from "../container.ts";
import { ownerOf } from "../owner.ts";

export const command = defineCommand({
  usage: "<container-id>",
  summary: "output the state of a container",
  flags: {},
  minArgs: 1,
  maxArgs: 1,
  run({ globals, args }) {
    const container = Container.load(globals.root, args[0]!);
    writeSync(1, JSON.stringify(describe(container), null, 2));
    return 0;
  },
});

/** The specification's members and runc's own, in runc's order. */
function describe(container: Container) {
  const { ociVersion, id, status, pid = 0, bundle, annotations } = container.toState();
  const { created, config } = container.state;
  return {
    ociVersion,
    id,
    pid,
    status,
    bundle,
    rootfs: config.rootfs,
    created,
    annotations,
    owner: ownerOf(container.dir),
  };
}
