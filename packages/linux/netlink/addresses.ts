/**
 * Addresses of network links in the namespace that the calling thread is in: what `ip address` does.
 *
 * @see https://man7.org/linux/man-pages/man7/rtnetlink.7.html
 */
import { AF_INET, formatAddress, parseNetwork } from "./inet.ts";
import { linkIndex } from "./links.ts";
import { attribute, decodeAttributes } from "./message.ts";
import { NLM_F_CREATE, NLM_F_DUMP, NLM_F_EXCL, request } from "./request.ts";

/** Attributes of an address: linux/if_addr.h. */
const IFA = { ADDRESS: 1, LOCAL: 2, BROADCAST: 4 };

/**
 * Gives a link an address.
 *
 * @param address - With the length of its network's prefix: `10.0.0.2/24`, `2001:db8::2/64`.
 * @param broadcast - Default: for IPv4, the network's last address.
 */
export function addAddress(link: string, address: string, broadcast?: string): void {
  const { family, bytes, prefixLength } = parseNetwork(address);
  const header = Buffer.alloc(8); // struct ifaddrmsg: family, prefix length, flags, scope (1 byte each), link index (4)
  header[0] = family;
  header[1] = prefixLength;
  header.writeUInt32LE(linkIndex(link), 4);
  const attributes = [attribute(IFA.LOCAL, bytes), attribute(IFA.ADDRESS, bytes)];
  if (broadcast !== undefined) attributes.push(attribute(IFA.BROADCAST, parseNetwork(broadcast).bytes));
  else if (family === AF_INET && prefixLength < 31) {
    attributes.push(attribute(IFA.BROADCAST, lastAddress(bytes, prefixLength)));
  }
  request("NEWADDR", `${address} on ${link}`, [header, ...attributes], NLM_F_CREATE | NLM_F_EXCL);
}

/** An address of a link. */
export interface LinkAddress {
  /** Index of the link. */
  readonly link: number;
  /** `10.0.0.2/24`, `2001:db8::2/64` */
  readonly address: string;
}

/** All addresses of the namespace. */
export function listAddresses(): LinkAddress[] {
  return request("GETADDR", "all addresses", [Buffer.alloc(8)], NLM_F_DUMP).map(({ body }) => {
    const attributes = decodeAttributes(body.subarray(8));
    const bytes = (attributes.get(IFA.LOCAL) ?? attributes.get(IFA.ADDRESS))!; // of a peer-to-peer link, ADDRESS is the other end's
    return { link: body.readUInt32LE(4), address: `${formatAddress(body[0]!, bytes)}/${body[1]}` };
  });
}

function lastAddress(bytes: Buffer, prefixLength: number): Buffer {
  const last = Buffer.alloc(4);
  last.writeUInt32BE((bytes.readUInt32BE() | (0xffff_ffff >>> prefixLength)) >>> 0);
  return last;
}
