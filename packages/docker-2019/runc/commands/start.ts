/** `runc start`: lets a created container run its program. */
import { defineCommand } from "../command.ts";
import { Container } from "../container/container.ts";
import { notifySocketOf, startContainer } from "../container/start-container.ts";

export const command = defineCommand({
  usage: "<container-id>",
  summary: "executes the user defined process in a created container",
  flags: {},
  minArgs: 1,
  maxArgs: 1,
  async run({ globals, args }) {
    const container = Container.load(globals.root, args[0]!);
    const notify = await notifySocketOf(container.dir);
    notify?.listen();
    await startContainer(container);
    notify?.forwardReady(container.state.init_process_pid);
    return 0;
  },
});
