import type { EndpointSettings } from "../../../engine-api/container-config.ts";
import type { NetworkConnectRequest } from "../../../engine-api/network.ts";
import { flag, leaf, listFlag } from "../../command.ts";
import { pairsToMap } from "../../container/pairs.ts";

interface Flags {
  readonly alias: readonly string[];
  readonly driverOpt: readonly string[];
  readonly ip?: string;
  readonly ip6?: string;
  readonly link: readonly string[];
  readonly linkLocalIp: readonly string[];
}

export const connect = leaf<Flags>({
  usage: "[OPTIONS] NETWORK CONTAINER",
  arguments: { min: 2, max: 2 },
  options: [
    listFlag("--alias <strings>", "Add network-scoped alias for the container"),
    listFlag("--driver-opt <strings>", "driver options for the network"),
    flag("--ip <string>", "IPv4 address (e.g., 172.30.100.104)"),
    flag("--ip6 <string>", "IPv6 address (e.g., 2001:db8::33)"),
    listFlag("--link <list>", "Add link to another container"),
    listFlag("--link-local-ip <strings>", "Add a link-local address for the container"),
  ],
  async run({ docker: { api }, flags, args: [network = "", container = ""] }) {
    const json: NetworkConnectRequest = { Container: container, EndpointConfig: endpointConfig(flags) };
    await api.post(`/networks/${encodeURIComponent(network)}/connect`, { json });
  },
});

function endpointConfig({ alias, driverOpt, ip, ip6, link, linkLocalIp }: Flags): Partial<EndpointSettings> {
  return {
    IPAMConfig: {
      ...(ip !== undefined && { IPv4Address: ip }),
      ...(ip6 !== undefined && { IPv6Address: ip6 }),
      ...(linkLocalIp.length > 0 && { LinkLocalIPs: linkLocalIp }),
    },
    Links: link,
    Aliases: alias,
    DriverOpts: pairsToMap(driverOpt),
  };
}
