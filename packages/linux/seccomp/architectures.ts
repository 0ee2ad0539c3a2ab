/**
 * Architectures, and the numbers that system calls have on them.
 *
 * One kernel serves several: on x86_64 a program may also make the calls of 32-bit x86 (through `int 0x80`) and of x32, whose
 * calls are told apart from those of x86_64 by one bit of the number alone. The same number is another call on each, so a filter
 * that looks at the number without the architecture can be evaded.
 */
import { readFileSync } from "node:fs";

/** What distinguishes an architecture for a filter. */
export interface Architecture {
  /** `arch` of seccomp_data: include/uapi/linux/audit.h. */
  readonly audit: number;
  /** Size of the numbers that calls take. The other half of a register is left out of comparisons: the kernel ignores it too. */
  readonly bits: 32 | 64;
  /** Set in all its call numbers. */
  readonly numberBit: number;
  readonly table: string;
}

const AUDIT_ARCH_X86_64 = 0xc000_003e;
/** __X32_SYSCALL_BIT */
export const X32_BIT = 0x4000_0000;

/** By libseccomp's names, which are the OCI's. */
const ARCHITECTURES = {
  SCMP_ARCH_X86_64: { audit: AUDIT_ARCH_X86_64, bits: 64, numberBit: 0, table: "x86_64" },
  SCMP_ARCH_X32: { audit: AUDIT_ARCH_X86_64, bits: 32, numberBit: X32_BIT, table: "x32" },
  SCMP_ARCH_X86: { audit: 0x4000_0003, bits: 32, numberBit: 0, table: "x86" },
  SCMP_ARCH_AARCH64: { audit: 0xc000_00b7, bits: 64, numberBit: 0, table: "aarch64" },
  SCMP_ARCH_ARM: { audit: 0x4000_0028, bits: 32, numberBit: 0, table: "arm" },
} as const satisfies Record<string, Architecture>;
export type SeccompArchitecture = keyof typeof ARCHITECTURES;

const NATIVE = { x64: "SCMP_ARCH_X86_64", arm64: "SCMP_ARCH_AARCH64" } as const;

/** The machine's own architecture. */
export function nativeArchitecture(): SeccompArchitecture {
  return NATIVE[process.arch as keyof typeof NATIVE];
}

/** @throws {Error} When it isn't one of the five whose calls are known here. */
export function architecture(name: SeccompArchitecture): Architecture {
  const found: Architecture | undefined = ARCHITECTURES[name];
  if (found !== undefined) return found;
  const known = Object.keys(ARCHITECTURES).join(", ");
  throw new Error(
    `Cannot compile seccomp profile: the system calls of "${name}" are not known, only those of ${known}`,
  );
}

/**
 * The numbers of an architecture's calls by name, read from its table when it is needed.
 *
 *     0 read write open …        a line starts with a number and goes on with the calls from that number on
 */
export function systemCallNumbers({ table, numberBit }: Architecture): Map<string, number> {
  const text = readFileSync(`${import.meta.dirname}/system-calls/${table}.txt`, "utf8");
  const numbers = new Map<string, number>();
  for (const line of text.split("\n")) {
    if (line === "" || line.startsWith("#")) continue;
    const [first, ...names] = line.split(" ");
    for (const [i, name] of names.entries()) numbers.set(name, Number(first) + i + numberBit);
  }
  return numbers;
}
