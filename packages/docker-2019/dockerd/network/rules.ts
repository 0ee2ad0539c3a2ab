/**
 * The packet filter's rules for the default network. They are the original's, in chains of our own name, so that both can be on one host. Of the
 * kernel's own chains each has one rule of ours, a jump:
 *
 *     nat     PREROUTING   ─▶ ERAS2019               packets to an address of the host: to a published port, on to its container
 *             OUTPUT       ─▶ ERAS2019               the same for the host's own, but not to 127.0.0.0/8: those are docker-proxy's
 *             POSTROUTING  ─▶ ERAS2019-POSTROUTING   containers' packets leave with the host's address
 *     filter  FORWARD      ─▶ ERAS2019-FORWARD       what may pass between containers and the rest:
 *                              ├▶ ERAS2019-USER               whatever the host's owner wants first; never touched
 *                              ├▶ ERAS2019-ISOLATION-STAGE-1  nothing passes from one bridge …
 *                              │   └▶ ERAS2019-ISOLATION-STAGE-2   … to another of ours
 *                              └▶ ERAS2019                    from outside to a published port
 *
 * @see https://man7.org/linux/man-pages/man8/iptables-extensions.8.html
 */

/** A published port, as far as the packet filter is concerned. */
export interface ForwardedPort {
  readonly protocol: "tcp" | "udp";
  /** Of the host; `0.0.0.0` is all of them. */
  readonly hostIp: string;
  readonly hostPort: number;
  readonly containerIp: string;
  readonly containerPort: number;
}

/** A port that one container may reach of another. */
export interface LinkedPort {
  readonly from: string;
  readonly to: string;
  readonly port: number;
  readonly protocol: string;
}

export interface Ruleset {
  /** The bridge's name as a link. */
  readonly device: string;
  /** `172.17.0.0/16` */
  readonly subnet: string;
  /** Of IPv4: for IPv6 there is docker-proxy alone. */
  readonly ports: readonly ForwardedPort[];
  readonly links: readonly LinkedPort[];
  /** Whether containers may speak with each other. */
  readonly icc: boolean;
  /** Whether they have the host's address outside. */
  readonly masquerade: boolean;
}

export type Table = "nat" | "filter";
export const TABLES: readonly Table[] = ["nat", "filter"];

/** A chain's name has at most 28 characters, and ours add 18 to the prefix. */
const PREFIX_MAX = 10;

/** What the chains of a bridge begin with: `ERAS2019`. */
export function chainPrefix(device: string): string {
  return device.toUpperCase().slice(0, PREFIX_MAX);
}

/** Our chains. USER's is made once and then its owner's. */
export function chains(device: string): Readonly<Record<Table, readonly string[]>> {
  const prefix = chainPrefix(device);
  const filter = ["", "-FORWARD", "-ISOLATION-STAGE-1", "-ISOLATION-STAGE-2"];
  return { nat: [prefix, `${prefix}-POSTROUTING`], filter: filter.map((suffix) => prefix + suffix) };
}

export function userChain(device: string): string {
  return `${chainPrefix(device)}-USER`;
}

/** The rules in the kernel's own chains, as `iptables -A` takes them and iptables-save shows them. */
export function jumps(device: string): Readonly<Record<Table, readonly string[]>> {
  const prefix = chainPrefix(device);
  return {
    nat: [
      `PREROUTING -m addrtype --dst-type LOCAL -j ${prefix}`,
      `OUTPUT ! -d 127.0.0.0/8 -m addrtype --dst-type LOCAL -j ${prefix}`,
      `POSTROUTING -j ${prefix}-POSTROUTING`,
    ],
    filter: [`FORWARD -j ${prefix}-FORWARD`],
  };
}

/** The rules in our chains, in their order. */
export function rules({
  device,
  subnet,
  ports,
  links,
  icc,
  masquerade,
}: Ruleset): Readonly<Record<Table, readonly string[]>> {
  const prefix = chainPrefix(device);
  const [stage1, stage2] = [`${prefix}-ISOLATION-STAGE-1`, `${prefix}-ISOLATION-STAGE-2`];
  return {
    nat: [
      ...(masquerade ? [`${prefix}-POSTROUTING -s ${subnet} ! -o ${device} -j MASQUERADE`] : []),
      ...ports.map((port) => `${prefix}-POSTROUTING ${toItself(port)} -j MASQUERADE`),
      `${prefix} -i ${device} -j RETURN`, // a container that calls the host's address gets docker-proxy
      ...ports.map((port) => `${prefix} ${onHost(port, device)} -j DNAT --to-destination ${destination(port)}`),
    ],
    filter: [
      `${prefix}-FORWARD -j ${userChain(device)}`,
      `${prefix}-FORWARD -j ${stage1}`,
      `${prefix}-FORWARD -o ${device} -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT`,
      `${prefix}-FORWARD -o ${device} -j ${prefix}`,
      `${prefix}-FORWARD -i ${device} ! -o ${device} -j ACCEPT`,
      `${prefix}-FORWARD -i ${device} -o ${device} -j ${icc ? "ACCEPT" : "DROP"}`,
      `${stage1} -i ${device} ! -o ${device} -j ${stage2}`,
      `${stage1} -j RETURN`,
      `${stage2} -o ${device} -j DROP`,
      `${stage2} -j RETURN`,
      ...ports.map((port) => `${prefix} ${inContainer(port, device)} -j ACCEPT`),
      ...links.flatMap((link) => betweenContainers(link, device).map((match) => `${prefix} ${match} -j ACCEPT`)),
    ],
  };
}

const destination = ({ containerIp, containerPort }: ForwardedPort) => `${containerIp}:${containerPort}`;

function onHost({ protocol, hostIp, hostPort }: ForwardedPort, device: string): string {
  const address = hostIp === "0.0.0.0" ? "" : `-d ${hostIp}/32 `;
  return `${address}! -i ${device} -p ${protocol} -m ${protocol} --dport ${hostPort}`;
}

function inContainer({ protocol, containerIp, containerPort }: ForwardedPort, device: string): string {
  return `-d ${containerIp}/32 ! -i ${device} -o ${device} -p ${protocol} -m ${protocol} --dport ${containerPort}`;
}

/** To the port, and back. */
function betweenContainers({ from, to, port, protocol }: LinkedPort, device: string): string[] {
  const within = `-i ${device} -o ${device} -p ${protocol} -m ${protocol}`;
  return [`-s ${from}/32 -d ${to}/32 ${within} --dport ${port}`, `-s ${to}/32 -d ${from}/32 ${within} --sport ${port}`];
}

/** A container that reaches itself over a published port would get an answer from where it has asked nothing. */
function toItself({ protocol, containerIp, containerPort }: ForwardedPort): string {
  return `-s ${containerIp}/32 -d ${containerIp}/32 -p ${protocol} -m ${protocol} --dport ${containerPort}`;
}
