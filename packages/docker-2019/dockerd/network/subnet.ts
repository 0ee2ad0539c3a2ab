/** IPv4 networks, and the addresses in them, as numbers. */
import { InvalidArgument } from "@eras/oci-spec/errdefs.ts";

const BITS = 32;

/** A network: `172.17.0.0/16`. */
export class Subnet {
  /** Its first address. */
  readonly first: number;
  readonly prefixLength: number;

  constructor(address: number, prefixLength: number) {
    this.prefixLength = prefixLength;
    this.first = address - (address % this.size);
  }

  /** @param text - `172.17.0.1/16`; without a length, a single address. @throws {InvalidArgument} When it is neither. */
  static parse(text: string): Subnet {
    const [address, length = String(BITS)] = text.split("/");
    if (!/^\d+$/.test(length) || Number(length) > BITS) throw new InvalidArgument(`invalid CIDR address: ${text}`);
    return new Subnet(parseAddress(address!), Number(length));
  }

  /** Addresses in it. */
  get size(): number {
    return 2 ** (BITS - this.prefixLength);
  }

  /** Its last address, which is everybody's. */
  get last(): number {
    return this.first + this.size - 1;
  }

  contains(address: number): boolean {
    return address >= this.first && address <= this.last;
  }

  overlaps(other: Subnet): boolean {
    return this.first <= other.last && other.first <= this.last;
  }

  toString(): string {
    return `${formatAddress(this.first)}/${this.prefixLength}`;
  }
}

/** @throws {InvalidArgument} When the text is no IPv4 address. */
export function parseAddress(text: string): number {
  const bytes = /^\d+\.\d+\.\d+\.\d+$/.test(text) ? text.split(".").map(Number) : [];
  if (bytes.length !== 4 || bytes.some((byte) => byte > 255)) throw new InvalidArgument(`invalid IP address: ${text}`);
  return bytes.reduce((number, byte) => number * 256 + byte, 0);
}

export function formatAddress(address: number): string {
  return bytesOf(address).join(".");
}

/** `02:42:ac:11:00:03` of 172.17.0.3: whoever gets an address again after another is not mistaken for that one, and no two meet. */
export function hardwareAddressOf(address: number): string {
  return ["02", "42", ...bytesOf(address).map((byte) => byte.toString(16).padStart(2, "0"))].join(":");
}

function bytesOf(address: number): number[] {
  return [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256);
}
