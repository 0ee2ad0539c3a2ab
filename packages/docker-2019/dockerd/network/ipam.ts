/** Addresses of a network: which are given out, and which is next. What is given out is told anew after a restart, by the endpoints there are. */
import { Conflict, InvalidArgument, ResourceExhausted } from "@eras/oci-spec/errdefs.ts";
import { formatAddress, Subnet } from "./subnet.ts";

/** What Docker's default networks are made of: 172.17 to 172.31, each /16, then 192.168 in pieces of /20. */
const POOLS: readonly Subnet[] = [
  ...Array.from({ length: 15 }, (_, i) => Subnet.parse(`172.${17 + i}.0.0/16`)),
  ...Array.from({ length: 16 }, (_, i) => Subnet.parse(`192.168.${16 * i}.0/20`)),
];

/** The networks of a length that a larger one is cut into: `--default-address-pool`. @throws {InvalidArgument} */
export function cutInto(base: string, prefixLength: number): Subnet[] {
  const whole = Subnet.parse(base);
  if (prefixLength < whole.prefixLength || prefixLength > 30)
    throw new InvalidArgument(`the size ${prefixLength} does not go with the default address pool ${base}`);
  const count = 2 ** (prefixLength - whole.prefixLength);
  const { size } = new Subnet(whole.first, prefixLength);
  return Array.from({ length: count }, (_, index) => new Subnet(whole.first + index * size, prefixLength));
}

/** A network that none of those that are in use has to do with. @throws {ResourceExhausted} When there is none left. */
export function freeSubnet(inUse: readonly Subnet[], pools: readonly Subnet[] = POOLS): Subnet {
  const free = pools.find((pool) => !inUse.some((other) => pool.overlaps(other)));
  if (free) return free;
  throw new ResourceExhausted(
    "could not find an available, non-overlapping IPv4 address pool among the defaults to assign to the network",
  );
}

export class AddressPool {
  readonly #subnet: Subnet;
  readonly #range: Subnet;
  readonly #taken = new Set<number>();

  /**
   * @param reserved - Never given out: the gateway. The network's own address and everybody's aren't either.
   * @param range - The part that is given out, unless somebody wants another. @throws {InvalidArgument} When it is no part.
   */
  constructor(subnet: Subnet, reserved: readonly number[], range = subnet) {
    if (!subnet.contains(range.first) || !subnet.contains(range.last))
      throw new InvalidArgument(`the range ${range} of --fixed-cidr is no part of the network ${subnet}`);
    this.#subnet = subnet;
    this.#range = range;
    for (const address of [subnet.first, subnet.last, ...reserved]) this.#taken.add(address);
  }

  /** Gives out the lowest address that is free. @throws {ResourceExhausted} When none is. */
  allocate(): number {
    for (let address = this.#range.first; address <= this.#range.last; address++) {
      if (this.#taken.has(address)) continue;
      this.#taken.add(address);
      return address;
    }
    throw new ResourceExhausted("no available IPv4 addresses on this network's address pools: bridge");
  }

  /** Gives out this one. @throws {Conflict} When it is given out; {InvalidArgument} when it is of another network. */
  reserve(address: number): void {
    if (!this.#subnet.contains(address))
      throw new InvalidArgument(
        `Invalid address ${formatAddress(address)}: It does not belong to any of this network's subnets`,
      );
    if (this.#taken.has(address)) throw new Conflict("Address already in use");
    this.#taken.add(address);
  }

  release(address: number): void {
    this.#taken.delete(address);
  }
}
