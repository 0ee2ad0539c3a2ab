/**
 * An assembler for classic BPF, the language of seccomp filters.
 *
 * A filter is a program for a machine with one accumulator. It runs at each system call, reads `struct seccomp_data`, and returns
 * what to do. It has no loops: jumps go forward only, by at most 255 instructions, or any distance if unconditional.
 *
 * A piece of code here is an array of instructions that enters at its first and either returns or falls out at its end. Pieces are
 * put together from the inside out, so a jump's distance is the length of what it jumps over, and there are no labels.
 *
 * @see https://docs.kernel.org/networking/filter.html
 */

/** One instruction, struct sock_filter: operation, how far to jump if true and if false, operand. */
interface Instruction {
  readonly operation: number;
  readonly ifTrue: number;
  readonly ifFalse: number;
  readonly operand: number;
}

/** A piece of a program. */
export type Code = readonly Instruction[];

/** The operations that filters need: class, size or source, kind, added up as include/uapi/linux/bpf_common.h has them. */
const OPERATION = {
  LD_W_ABS: 0x20,
  AND_K: 0x54,
  JA: 0x05,
  JEQ_K: 0x15,
  JGT_K: 0x25,
  JGE_K: 0x35,
  RET_K: 0x06,
} as const;

/** How an accumulator compares with an operand, unsigned. */
export type Comparison = "JEQ_K" | "JGT_K" | "JGE_K";

/** BPF_MAXINSNS */
const MAX_INSTRUCTIONS = 4096;
const MAX_CONDITIONAL_JUMP = 255;

/** Loads 32 bits of seccomp_data into the accumulator. */
export function load(offset: number): Code {
  return [{ operation: OPERATION.LD_W_ABS, ifTrue: 0, ifFalse: 0, operand: offset }];
}

/** Clears the bits of the accumulator that are not in the mask. */
export function and(mask: number): Code {
  return [{ operation: OPERATION.AND_K, ifTrue: 0, ifFalse: 0, operand: mask }];
}

/** Ends the filter with a result. */
export function result(value: number): Code {
  return [{ operation: OPERATION.RET_K, ifTrue: 0, ifFalse: 0, operand: value }];
}

/** Compares and jumps over as many instructions as told. */
export function jump(comparison: Comparison, operand: number, ifTrue: number, ifFalse: number): Code {
  if (Math.max(ifTrue, ifFalse) > MAX_CONDITIONAL_JUMP) throw new Error(`Cannot jump ${ifTrue} or ${ifFalse} forward`);
  return [{ operation: OPERATION[comparison], ifTrue, ifFalse, operand }];
}

/** Compares and goes on with one of two pieces, the first of which must not fall out at its end. */
export function branch(comparison: Comparison, operand: number, whenTrue: Code, whenFalse: Code): Code {
  if (whenTrue.length <= MAX_CONDITIONAL_JUMP) {
    return [...jump(comparison, operand, 0, whenTrue.length), ...whenTrue, ...whenFalse];
  }
  const far: Code = [{ operation: OPERATION.JA, ifTrue: 0, ifFalse: 0, operand: whenTrue.length }];
  return [...jump(comparison, operand, 1, 0), ...far, ...whenTrue, ...whenFalse];
}

/**
 * The program as the kernel takes it: for each instruction operation (2 bytes), jumps (1 each), operand (4).
 *
 * @throws {Error} When it is longer than the kernel takes.
 */
export function encode(code: Code): Buffer {
  if (code.length > MAX_INSTRUCTIONS) {
    throw new Error(`Cannot compile seccomp profile: it takes ${code.length} instructions, of ${MAX_INSTRUCTIONS}`);
  }
  const words = new Uint32Array(code.length * 2); // little-endian, as both of our machines are
  for (const [i, { operation, ifTrue, ifFalse, operand }] of code.entries()) {
    words[2 * i] = operation | (ifTrue << 16) | (ifFalse << 24);
    words[2 * i + 1] = operand;
  }
  return Buffer.from(words.buffer);
}
