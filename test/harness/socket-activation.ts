/**
 * What systemd does for a service with a socket unit: `node socket-activation.ts SOCKET COMMAND…` listens at SOCKET and becomes COMMAND, which
 * has the listening socket as descriptor 3.
 */
import { createServer } from "node:net";
import { clearCloseOnExec, execve } from "@eras/linux/exec.ts";

const SCRIPT = 'exec 3<&"$0"; LISTEN_PID=$$ LISTEN_FDS=1 exec "$@"';

const [, , socket, ...command] = process.argv;
const server = createServer().listen(socket, () => {
  const { fd } = (server as unknown as { _handle: { fd: number } })._handle; // Node has no public name for it
  for (const kept of [1, 2, fd]) clearCloseOnExec(kept);
  execve("/bin/bash", ["bash", "-c", SCRIPT, String(fd), ...command], process.env);
});
