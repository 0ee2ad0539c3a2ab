/** Addresses of a network: which are given out, and which is next. What is given out is told anew after a restart, by the endpoints there are. */
import { Conflict, InvalidArgument, ResourceExhausted } from "@eras/oci-spec/errdefs.ts";
import { formatAddress, Subnet } from "./subnet.ts";

/** What Docker's default networks are made of: 172.17 to 172.31, each /16, then 192.168 in pieces of /20. */
const POOLS: readonly Subnet[] = [
  ...Array.from({ length: 15 }, (_, i) => Subnet.parse(`172.${17 + i}.0.0/16`)),
  ...Array.from({ length: 16 }, (_, i) => Subnet.parse(`192.168.${16 * i}.0/20`)),
];

/** A network that none of those that are in use has to do with. @throws {ResourceExhausted} When there is none left. */
export function freeSubnet(inUse: readonly Subnet[]): Subnet {
  const free = POOLS.find((pool) => !inUse.some((other) => pool.overlaps(other)));
  if (free) return free;
  throw new ResourceExhausted(
    "could not find an available, non-overlapping IPv4 address pool among the defaults to assign to the network",
  );
}

export class AddressPool {
  readonly #subnet: Subnet;
  readonly #taken = new Set<number>();

  /** @param reserved - Never given out: the gateway. The network's own address and everybody's aren't either. */
  constructor(subnet: Subnet, reserved: readonly number[]) {
    this.#subnet = subnet;
    for (const address of [subnet.first, subnet.last, ...reserved]) this.#taken.add(address);
  }

  /** Gives out the lowest address that is free. @throws {ResourceExhausted} When none is. */
  allocate(): number {
    for (let address = this.#subnet.first; address <= this.#subnet.last; address++) {
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
