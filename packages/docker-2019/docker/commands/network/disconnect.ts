import type { NetworkDisconnectRequest } from "../../../engine-api/network.ts";
import { booleanFlag, leaf } from "../../command.ts";

interface Flags {
  readonly force: boolean;
}

export const disconnect = leaf<Flags>({
  usage: "[OPTIONS] NETWORK CONTAINER",
  arguments: { min: 2, max: 2 },
  options: [booleanFlag("-f, --force", "Force the container to disconnect from a network")],
  async run({ docker: { api }, flags, args: [network = "", container = ""] }) {
    const json: NetworkDisconnectRequest = { Container: container, Force: flags.force };
    await api.post(`/networks/${encodeURIComponent(network)}/disconnect`, { json });
  },
});
