/** `ctr tasks exec`: a further process in a running container. */
import { InvalidArgument } from "@eras/oci-spec/errdefs.ts";
import type { Process, Spec } from "@eras/oci-spec/runtime/config.ts";
import { PROCESS_URL, packJson, SPEC_URL, unpackJson } from "../../../proto/any.ts";
import type { Container } from "../../../proto/gen/containers_pb.ts";
import { flag, leaf } from "../../command.ts";
import { findUser } from "../../container/image-user.ts";
import type { Containerd } from "../../containerd.ts";
import { DEFAULT_FIFO_DIR, type FifoPaths, makeFifos, TaskStreams } from "../../task/fifos.ts";
import { findContainer, findTask } from "../../task/find.ts";
import { exitWith } from "../../task/start.ts";
import { follow, type ProcessName } from "../../task/task.ts";

interface ExecFlags {
  readonly cwd?: string;
  readonly tty?: boolean;
  readonly detach?: true;
  readonly execId?: string;
  readonly fifoDir: string;
  readonly logUri?: string;
  readonly user?: string;
}

export const exec = leaf<ExecFlags>({
  name: "exec",
  summary: "execute additional processes in an existing container",
  usage: "[flags] CONTAINER CMD [ARG...]",
  options: [
    flag("--cwd <value>", "working directory of the new process"),
    flag("-t, --tty", "allocate a TTY for the container"),
    flag("-d, --detach", "detach from the task after it has started execution"),
    flag("--exec-id <value>", "exec specific id for the process"),
    flag("--fifo-dir <value>", "directory used for storing IO FIFOs").default(DEFAULT_FIFO_DIR),
    flag("--log-uri <value>", "log uri for custom shim logging"),
    flag("--user <value>", "user id or name"),
  ],
  async run({ flags, args: [id, ...command], containerd }) {
    const { execId } = flags;
    if (execId === undefined) throw new InvalidArgument('Required flag "exec-id" not set');
    const container = await findContainer(containerd, id);
    const { pid } = await findTask(containerd, id);
    if (command.length === 0) throw new InvalidArgument("no command is given");
    const spec = processSpec(container, command, pid, flags);
    exitWith(await execute(containerd, { containerId: container.id, execId }, spec, flags));
  },
});

/** As the container's first process, but for what is said otherwise. Names of users are those of the container as it runs. */
function processSpec({ spec }: Container, args: readonly string[], pid: number, flags: ExecFlags): Process {
  const { process: first } = unpackJson(SPEC_URL, spec!) as Spec;
  return {
    ...first!,
    args,
    terminal: flags.tty ?? false,
    ...(flags.cwd !== undefined && { cwd: flags.cwd }),
    ...(flags.user !== undefined && { user: findUser(flags.user, `/proc/${pid}/root`) }),
  };
}

/** @returns The exit status; undefined of a process that has been left running. */
async function execute(
  containerd: Containerd,
  name: ProcessName,
  spec: Process,
  { fifoDir, logUri, detach, tty: terminal = false }: ExecFlags,
): Promise<number | undefined> {
  const paths: FifoPaths =
    logUri === undefined
      ? makeFifos(fifoDir, name.execId!, { terminal })
      : { stdin: "", stdout: logUri, stderr: terminal ? "" : logUri };
  const streams = new TaskStreams(paths);
  const start = async () => {
    await containerd.tasks.start(name); // only now the shim opens its ends
    streams.shimHasOpened();
  };
  try {
    await containerd.tasks.exec({ ...name, ...paths, terminal, spec: packJson(PROCESS_URL, spec) });
    if (detach) {
      await start();
      return void streams.detach();
    }
    const status = await follow(containerd, name, streams, { terminal, start });
    await containerd.tasks.deleteProcess(name);
    streams.destroy();
    return status;
  } catch (error) {
    await containerd.tasks.deleteProcess(name).catch(() => {}); // what went wrong first is what is told
    streams.destroy();
    throw error;
  }
}
