/** `runc state`: what a container is, as JSON. */
import { writeSync } from "node:fs";
import { defineCommand } from "../command.ts";
import { Container } from "../container/container.ts";
import { describeContainer } from "../container/describe-container.ts";

export const command = defineCommand({
  usage: "<container-id>",
  summary: "output the state of a container",
  flags: {},
  minArgs: 1,
  maxArgs: 1,
  run({ globals, args }) {
    const container = Container.load(globals.root, args[0]!);
    writeSync(1, JSON.stringify(describeContainer(container), null, 2));
    return 0;
  },
});
