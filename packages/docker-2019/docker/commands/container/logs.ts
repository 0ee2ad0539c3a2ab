import { FrameDecoder, STREAM_TYPES } from "../../../engine-api/stdcopy.ts";
import { booleanFlag, flag, leaf, ONE_ARGUMENT } from "../../command.ts";
import { inspectContainer } from "../../container/inspect.ts";
import { parseTimestamp } from "../../container/timestamp.ts";
import { STDERR, STDOUT, write } from "../../output/print.ts";

interface Flags {
  readonly details: boolean;
  readonly follow: boolean;
  readonly since?: string;
  readonly tail: string;
  readonly timestamps: boolean;
  readonly until?: string;
}

export const logs = leaf<Flags>({
  usage: "[OPTIONS] CONTAINER",
  arguments: ONE_ARGUMENT,
  options: [
    booleanFlag("--details", "Show extra details provided to logs"),
    booleanFlag("-f, --follow", "Follow log output"),
    flag(
      "--since <string>",
      "Show logs since timestamp (e.g. 2013-01-02T13:23:37Z) or relative (e.g. 42m for 42 minutes)",
    ),
    flag("-n, --tail <string>", "Number of lines to show from the end of the logs").default("all"),
    booleanFlag("-t, --timestamps", "Show timestamps"),
    flag(
      "--until <string>",
      "Show logs before a timestamp (e.g. 2013-01-02T13:23:37Z) or relative (e.g. 42m for 42 minutes)",
    ),
  ],
  async run({ docker, flags, args: [name = ""] }) {
    const { Id, Config } = await inspectContainer(docker, name);
    const message = await docker.api.open("GET", `/containers/${Id}/logs`, {
      query: {
        stdout: 1,
        stderr: 1,
        tail: flags.tail,
        follow: flags.follow ? 1 : undefined,
        timestamps: flags.timestamps ? 1 : undefined,
        details: flags.details ? 1 : undefined,
        since: momentOf("since", flags.since),
        until: momentOf("until", flags.until),
      },
    });
    const decoder = new FrameDecoder((type, piece) => write(type === STREAM_TYPES.stderr ? STDERR : STDOUT, piece));
    for await (const bytes of message) {
      if (Config.Tty) write(STDOUT, bytes as Buffer);
      else decoder.write(bytes as Buffer);
    }
  },
});

function momentOf(flag: string, text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  try {
    return parseTimestamp(text);
  } catch (cause) {
    throw new Error(`invalid value for "${flag}": ${(cause as Error).message}`, { cause });
  }
}
