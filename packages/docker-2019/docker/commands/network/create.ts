import type { IpamConfig, NetworkCreateRequest, NetworkCreateResponse } from "../../../engine-api/network.ts";
import { booleanFlag, flag, leaf, listFlag, ONE_ARGUMENT } from "../../command.ts";
import { checkLabel, pairsToMap } from "../../container/pairs.ts";
import { print, printError } from "../../output/print.ts";

interface Flags {
  readonly attachable: boolean;
  readonly auxAddress: readonly string[];
  readonly configFrom?: string;
  readonly configOnly: boolean;
  readonly driver: string;
  readonly gateway: readonly string[];
  readonly ingress: boolean;
  readonly internal: boolean;
  readonly ipRange: readonly string[];
  readonly ipamDriver: string;
  readonly ipamOpt: readonly string[];
  readonly ipv6: boolean;
  readonly label: readonly string[];
  readonly opt: readonly string[];
  readonly scope?: string;
  readonly subnet: readonly string[];
}

export const create = leaf<Flags>({
  usage: "[OPTIONS] NETWORK",
  arguments: ONE_ARGUMENT,
  options: [
    booleanFlag("--attachable", "Enable manual container attachment"),
    listFlag("--aux-address <map>", "Auxiliary IPv4 or IPv6 addresses used by Network driver (default map[])"),
    flag("--config-from <string>", "The network from which to copy the configuration"),
    booleanFlag("--config-only", "Create a configuration only network"),
    flag("-d, --driver <string>", "Driver to manage the Network").default("bridge"),
    listFlag("--gateway <strings>", "IPv4 or IPv6 Gateway for the master subnet"),
    booleanFlag("--ingress", "Create swarm routing-mesh network"),
    booleanFlag("--internal", "Restrict external access to the network"),
    listFlag("--ip-range <strings>", "Allocate container ip from a sub-range"),
    flag("--ipam-driver <string>", "IP Address Management Driver").default("default"),
    listFlag("--ipam-opt <map>", "Set IPAM driver specific options (default map[])"),
    booleanFlag("--ipv6", "Enable IPv6 networking"),
    listFlag("--label <list>", "Set metadata on a network", checkLabel),
    listFlag("-o, --opt <map>", "Set driver specific options (default map[])"),
    flag("--scope <string>", "Control the network's scope"),
    listFlag("--subnet <strings>", "Subnet in CIDR format that represents a network segment"),
  ],
  async run({ docker: { api }, flags, args: [name = ""] }) {
    const json = createRequest(flags, name);
    const { Id, Warning } = await api.post<NetworkCreateResponse>("/networks/create", { json });
    if (Warning) printError(`WARNING: ${Warning}`);
    print(Id);
  },
});

function createRequest(flags: Flags, name: string): NetworkCreateRequest {
  return {
    CheckDuplicate: true,
    Driver: flags.driver,
    Scope: flags.scope ?? "",
    EnableIPv6: flags.ipv6,
    IPAM: { Driver: flags.ipamDriver, Options: pairsToMap(flags.ipamOpt), Config: ipamConfigs(flags) },
    Internal: flags.internal,
    Attachable: flags.attachable,
    Ingress: flags.ingress,
    ConfigOnly: flags.configOnly,
    ConfigFrom: flags.configFrom === undefined ? null : { Network: flags.configFrom },
    Options: pairsToMap(flags.opt),
    Labels: pairsToMap(flags.label),
    Name: name,
  };
}

/** Each subnet with the gateway and the range that are for it: the ones at its place in their lists. */
function ipamConfigs({ subnet, ipRange, gateway, auxAddress }: Flags): IpamConfig[] {
  if (subnet.length < ipRange.length || subnet.length < gateway.length)
    throw new Error("every ip-range or gateway must have a corresponding subnet");
  return subnet.map((Subnet, index) => ({
    Subnet,
    ...(ipRange[index] !== undefined && { IPRange: ipRange[index] }),
    ...(gateway[index] !== undefined && { Gateway: gateway[index] }),
    ...(index === 0 && auxAddress.length > 0 && { AuxiliaryAddresses: pairsToMap(auxAddress) }),
  }));
}
