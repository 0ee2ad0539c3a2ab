/** `docker container …`, in the order of the group's help. */
import { both, type CommandEntry, grouped } from "../command-entry.ts";

export const CONTAINER_COMMANDS: readonly CommandEntry[] = [
  both(
    "container attach",
    "Attach local standard input, output, and error streams to a running container",
    async () => (await import("./container/attach.ts")).attach,
  ),
  both(
    "container commit",
    "Create a new image from a container's changes",
    async () => (await import("./container/commit.ts")).commit,
  ),
  both(
    "container cp",
    "Copy files/folders between a container and the local filesystem",
    async () => (await import("./container/cp.ts")).cp,
  ),
  both("container create", "Create a new container", async () => (await import("./container/create.ts")).create),
  both(
    "container diff",
    "Inspect changes to files or directories on a container's filesystem",
    async () => (await import("./container/diff.ts")).diff,
  ),
  both(
    "container exec",
    "Run a command in a running container",
    async () => (await import("./container/exec.ts")).exec,
  ),
  both(
    "container export",
    "Export a container's filesystem as a tar archive",
    async () => (await import("./container/export.ts")).exportContainer,
  ),
  grouped(
    "container inspect",
    {},
    "Display detailed information on one or more containers",
    async () => (await import("./container/inspect.ts")).inspect,
  ),
  both("container kill", "Kill one or more running containers", async () => (await import("./container/kill.ts")).kill),
  both("container logs", "Fetch the logs of a container", async () => (await import("./container/logs.ts")).logs),
  grouped(
    "container ls",
    { top: "ps", aliases: ["ps", "list"] },
    "List containers",
    async () => (await import("./container/ls.ts")).ls,
  ),
  both(
    "container pause",
    "Pause all processes within one or more containers",
    async () => (await import("./container/pause.ts")).pause,
  ),
  both(
    "container port",
    "List port mappings or a specific mapping for the container",
    async () => (await import("./container/port.ts")).port,
  ),
  grouped(
    "container prune",
    {},
    "Remove all stopped containers",
    async () => (await import("./container/prune.ts")).prune,
  ),
  both("container rename", "Rename a container", async () => (await import("./container/rename.ts")).rename),
  both(
    "container restart",
    "Restart one or more containers",
    async () => (await import("./container/restart.ts")).restart,
  ),
  both("container rm", "Remove one or more containers", async () => (await import("./container/rm.ts")).rm),
  both("container run", "Run a command in a new container", async () => (await import("./container/run.ts")).run),
  both(
    "container start",
    "Start one or more stopped containers",
    async () => (await import("./container/start.ts")).start,
  ),
  both(
    "container stats",
    "Display a live stream of container(s) resource usage statistics",
    async () => (await import("./container/stats.ts")).stats,
  ),
  both("container stop", "Stop one or more running containers", async () => (await import("./container/stop.ts")).stop),
  both(
    "container top",
    "Display the running processes of a container",
    async () => (await import("./container/top.ts")).top,
  ),
  both(
    "container unpause",
    "Unpause all processes within one or more containers",
    async () => (await import("./container/unpause.ts")).unpause,
  ),
  both(
    "container update",
    "Update configuration of one or more containers",
    async () => (await import("./container/update.ts")).update,
  ),
  both(
    "container wait",
    "Block until one or more containers stop, then print their exit codes",
    async () => (await import("./container/wait.ts")).wait,
  ),
];
