import { booleanFlag, leaf, ONE_OR_MORE } from "../../command.ts";
import { forEachAtOnce } from "../../container/each.ts";
import { orNoSuch } from "../../no-such.ts";

interface Flags {
  readonly force: boolean;
  readonly link: boolean;
  readonly volumes: boolean;
}

export const rm = leaf<Flags>({
  usage: "[OPTIONS] CONTAINER [CONTAINER...]",
  arguments: ONE_OR_MORE,
  options: [
    booleanFlag("-f, --force", "Force the removal of a running container (uses SIGKILL)"),
    booleanFlag("-l, --link", "Remove the specified link"),
    booleanFlag("-v, --volumes", "Remove anonymous volumes associated with the container"),
  ],
  async run({ docker: { api }, flags, args }) {
    const query = {
      force: flags.force ? 1 : undefined,
      link: flags.link ? 1 : undefined,
      v: flags.volumes ? 1 : undefined,
    };
    await forEachAtOnce(args, async (name) => {
      const path = name.replace(/^\/+/, "");
      if (path === "") throw new Error("Container name cannot be empty");
      await orNoSuch("container", path, api.delete(`/containers/${encodeURIComponent(path)}`, { query }));
    });
  },
});
