/**
 * Routes of the namespace that the calling thread is in: what `ip route` does.
 *
 * @see https://man7.org/linux/man-pages/man7/rtnetlink.7.html
 */
import { AF_INET, formatAddress, parseNetwork } from "./inet.ts";
import { linkIndex } from "./links.ts";
import { attribute, decodeAttributes, type NetlinkMessage, numberAttribute } from "./message.ts";
import { NLM_F_CREATE, NLM_F_DUMP, NLM_F_EXCL, request } from "./request.ts";

/** Attributes of a route: linux/rtnetlink.h. */
const RTA = { DST: 1, OIF: 4, GATEWAY: 5 };

/** A route. At least one of `gateway` and `link` is needed. */
export interface Route {
  /** `10.1.0.0/16`; left out, the default route of the gateway's family. */
  readonly destination?: string;
  readonly gateway?: string;
  readonly link?: string;
}

// struct rtmsg: family, destination's and source's prefix length, TOS, table, protocol, scope, type (1 byte each), flags (4)
const RT_TABLE_MAIN = 254;
const RTPROT_BOOT = 3;
const RT_SCOPE_UNIVERSE = 0;
const RT_SCOPE_LINK = 253;
const RTN_UNICAST = 1;

/** Adds a route to the main table. */
export function addRoute({ destination, gateway, link }: Route): void {
  const network = destination === undefined ? undefined : parseNetwork(destination);
  const hop = gateway === undefined ? undefined : parseNetwork(gateway);
  const family = network?.family ?? hop?.family ?? AF_INET;
  const scope = hop === undefined && family === AF_INET ? RT_SCOPE_LINK : RT_SCOPE_UNIVERSE;
  const prefixLength = network?.prefixLength ?? 0;
  const header = Buffer.from([family, prefixLength, 0, 0, RT_TABLE_MAIN, RTPROT_BOOT, scope, RTN_UNICAST, 0, 0, 0, 0]);
  const attributes: Buffer[] = [];
  if (network !== undefined) attributes.push(attribute(RTA.DST, network.bytes));
  if (hop !== undefined) attributes.push(attribute(RTA.GATEWAY, hop.bytes));
  if (link !== undefined) attributes.push(numberAttribute(RTA.OIF, linkIndex(link)));
  const subject = `${destination ?? "default"} via ${gateway ?? link}`;
  request("NEWROUTE", subject, [header, ...attributes], NLM_F_CREATE | NLM_F_EXCL);
}

/** A route of the main table, as the kernel tells it. */
export interface RouteEntry {
  /** `10.1.0.0/16`; `0.0.0.0/0` and `::/0` are the default routes. */
  readonly destination: string;
  readonly gateway: string | undefined;
  /** Index of the link that it goes out on; a route over several links has none. */
  readonly link: number | undefined;
}

/** All routes of the main table, IPv4's first. */
export function listRoutes(): RouteEntry[] {
  const main = ({ body }: NetlinkMessage) => body[4] === RT_TABLE_MAIN;
  return request("GETROUTE", "all routes", [Buffer.alloc(12)], NLM_F_DUMP)
    .filter(main)
    .map(({ body }) => {
      const [family, prefixLength] = [body[0]!, body[1]!];
      const attributes = decodeAttributes(body.subarray(12));
      const gateway = attributes.get(RTA.GATEWAY);
      const bytes = attributes.get(RTA.DST) ?? Buffer.alloc(family === AF_INET ? 4 : 16);
      return {
        destination: `${formatAddress(family, bytes)}/${prefixLength}`,
        gateway: gateway && formatAddress(family, gateway),
        link: attributes.get(RTA.OIF)?.readUInt32LE(),
      };
    });
}
