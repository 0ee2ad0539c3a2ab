/** For tests: executables of some bytes of x86_64 machine code, which make exactly the system calls that a test is about. */
import { writeFileSync } from "node:fs";

const LOAD_ADDRESS = 0x40_0000n;
const HEADERS_SIZE = 64 + 56;

/** Writes an ELF file with nothing but this code. @see https://man7.org/linux/man-pages/man5/elf.5.html */
export function writeProgram(path: string, code: readonly number[]): void {
  const header = Buffer.alloc(HEADERS_SIZE);
  Buffer.from([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]).copy(header); // magic, 64 bits, little-endian, version
  header.writeUInt16LE(2, 16); // executable
  header.writeUInt16LE(62, 18); // x86_64
  header.writeUInt32LE(1, 20); // version
  header.writeBigUInt64LE(LOAD_ADDRESS + BigInt(HEADERS_SIZE), 24); // entry
  header.writeBigUInt64LE(64n, 32); // offset of the program header
  header.writeUInt16LE(64, 52);
  header.writeUInt16LE(56, 54);
  header.writeUInt16LE(1, 56); // one program header: load the whole file, readable and executable
  header.writeUInt32LE(1, 64);
  header.writeUInt32LE(5, 68);
  header.writeBigUInt64LE(LOAD_ADDRESS, 80);
  header.writeBigUInt64LE(LOAD_ADDRESS, 88);
  header.writeBigUInt64LE(BigInt(HEADERS_SIZE + code.length), 96);
  header.writeBigUInt64LE(BigInt(HEADERS_SIZE + code.length), 104);
  header.writeBigUInt64LE(0x1000n, 112);
  writeFileSync(path, Buffer.concat([header, Buffer.from(code)]), { mode: 0o755 });
}

/** A call by `int 0x80`, which is one of 32-bit x86, with one argument. */
export function call32(number: number, argument: bigint): number[] {
  return [0xb8, ...int32(number), 0x48, 0xbb, ...int64(argument), 0xcd, 0x80];
}

/** A call by `syscall`, with one argument. */
export function call64(number: number, argument: bigint): number[] {
  return [0xb8, ...int32(number), 0x48, 0xbf, ...int64(argument), 0x0f, 0x05];
}

const EXIT_GROUP = 231;

/** Ends the program with the error number of the call before. */
export const exitWithErrno = [0x89, 0xc7, 0xf7, 0xdf, 0xb8, ...int32(EXIT_GROUP), 0x0f, 0x05];

function int32(value: number): number[] {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return [...bytes];
}

function int64(value: bigint): number[] {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(value);
  return [...bytes];
}
