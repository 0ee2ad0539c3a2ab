/**
 * A container's shim, spoken to without containerd. Its socket is found by its name, or told: the file `address` of the bundle has it.
 */
import { join } from "node:path";
import { sha256 } from "@eras/oci-spec/digest.ts";
import { InvalidArgument, Unavailable } from "@eras/oci-spec/errdefs.ts";
import { Task } from "../proto/gen/shim_pb.ts";
import { shimSocket } from "../proto/shim-socket.ts";
import {
  connectTtrpc,
  socketPath,
  type TtrpcClient,
  type TtrpcConnection,
  ttrpcClient,
} from "../proto/ttrpc/client.ts";
import { flag } from "./command.ts";
import type { Globals } from "./globals.ts";

/** Where genuine shims listen, whatever containerd's own directory is. */
const GENUINE_SHIM_SOCKETS = "/run/containerd/s";

export interface ShimFlags {
  readonly id?: string;
  readonly socket?: string;
}

export const SHIM_OPTIONS = [
  flag("--id <value>", "container id"),
  flag("--socket <value>", "address of the shim, for one that serves a group: unix:///path, or an abstract name"),
];

export interface ContainerShim {
  /** The container's. */
  readonly id: string;
  readonly service: TtrpcClient<typeof Task>;
}

/** Connects to a container's shim for as long as `work` takes. @throws {Unavailable} When there is none. */
export async function withShim(
  { id, socket }: ShimFlags,
  { address, namespace }: Globals,
  work: (shim: ContainerShim) => Promise<void>,
): Promise<void> {
  if (!id) throw new InvalidArgument("container id must be specified");
  const paths = socket === undefined ? socketsOf(address, namespace, id) : [socketPath(socket)];
  const connection = await connectFirst(paths, id);
  try {
    await work({ id, service: ttrpcClient(Task, connection) });
  } finally {
    connection.close();
  }
}

/** The sockets that a container's shim may have: one of ours; a genuine one's; a genuine one's before containerd 1.4. */
function socketsOf(address: string, namespace: string, id: string): string[] {
  const name = sha256(join(address, namespace, id)).replace("sha256:", "");
  const ofOld = socketPath(join("/containerd-shim", namespace, id, "shim.sock"));
  return [shimSocket(address, namespace, id), join(GENUINE_SHIM_SOCKETS, name), ofOld];
}

async function connectFirst(paths: readonly string[], id: string): Promise<TtrpcConnection> {
  for (const path of paths) {
    try {
      return await connectTtrpc(path);
    } catch (error) {
      if (!(error instanceof Unavailable)) throw error;
    }
  }
  throw new Unavailable(
    `fail to connect to container ${id}'s shim: --namespace and --address must be those it was made with`,
  );
}
