/**
 * Comparisons of a call's arguments. The machine has 32 bits, arguments have 64: the upper halves are compared first, and the lower
 * ones only if that doesn't decide.
 */
import type { Architecture } from "./architectures.ts";
import { and, type Code, type Comparison, jump, load } from "./classic-bpf.ts";
import type { SeccompCondition, SeccompOperator } from "./profile.ts";

const MAX_U64 = 0xffff_ffff_ffff_ffffn;

/** Offset of the arguments in struct seccomp_data: each is 64 bits, the lower half first. */
const ARGUMENTS_OFFSET = 16;

/**
 * Compiles conditions which must all hold: if they do, falls through to what follows; if not, jumps over `skipped` instructions of
 * what follows.
 */
export function compileConditions(
  conditions: readonly SeccompCondition[],
  { bits }: Architecture,
  skipped: number,
): Code {
  let code: Code = [];
  for (const condition of conditions.toReversed()) {
    code = [...compileCondition(condition, bits, code.length + skipped), ...code];
  }
  return code;
}

/** An argument's half. */
interface Half {
  readonly offset: number;
  readonly value: number;
  readonly valueTwo: number;
}

function compileCondition(condition: SeccompCondition, bits: 32 | 64, skipped: number): Code {
  const { low, high } = halves(condition);
  const compile = bits === 64 ? COMPILE_64[condition.op] : COMPILE_32[condition.op];
  if (compile === undefined) throw new Error(`Cannot compile seccomp profile: "${condition.op}" is no operator`);
  return compile(low, high, skipped);
}

type Compile = (low: Half, high: Half, skipped: number) => Code;

/** On 32 bits the lower half decides, of the value too: -1 is 0xffffffff there. */
const COMPILE_32: Record<SeccompOperator, Compile> = {
  SCMP_CMP_EQ: (low, _, skipped) => passIf("JEQ_K", low, skipped),
  SCMP_CMP_NE: (low, _, skipped) => passUnless("JEQ_K", low, skipped),
  SCMP_CMP_GT: (low, _, skipped) => passIf("JGT_K", low, skipped),
  SCMP_CMP_LE: (low, _, skipped) => passUnless("JGT_K", low, skipped),
  SCMP_CMP_GE: (low, _, skipped) => passIf("JGE_K", low, skipped),
  SCMP_CMP_LT: (low, _, skipped) => passUnless("JGE_K", low, skipped),
  SCMP_CMP_MASKED_EQ: (low, _, skipped) => passIfMasked(low, skipped),
};

const COMPILE_64: Record<SeccompOperator, Compile> = {
  SCMP_CMP_EQ: (low, high, skipped) => both(passIf, "JEQ_K", low, high, skipped),
  SCMP_CMP_NE: (low, high, skipped) => {
    const decideLow = passUnless("JEQ_K", low, skipped);
    return [...load(high.offset), ...jump("JEQ_K", high.value, 0, decideLow.length), ...decideLow];
  },
  SCMP_CMP_GT: (low, high, skipped) => ordered(high, passIf("JGT_K", low, skipped), 0, skipped),
  SCMP_CMP_GE: (low, high, skipped) => ordered(high, passIf("JGE_K", low, skipped), 0, skipped),
  SCMP_CMP_LE: (low, high, skipped) => ordered(high, passUnless("JGT_K", low, skipped), skipped, 0),
  SCMP_CMP_LT: (low, high, skipped) => ordered(high, passUnless("JGE_K", low, skipped), skipped, 0),
  SCMP_CMP_MASKED_EQ: (low, high, skipped) => {
    const decideLow = passIfMasked(low, skipped);
    return [...passIfMasked(high, skipped + decideLow.length), ...decideLow];
  },
};

function both(pass: typeof passIf, comparison: Comparison, low: Half, high: Half, skipped: number): Code {
  const decideLow = pass(comparison, low, skipped);
  return [...pass(comparison, high, skipped + decideLow.length), ...decideLow];
}

/** `ifAbove` and `ifBelow`: how far to jump beyond the piece for the lower half when the upper half decides. */
function ordered(high: Half, decideLow: Code, ifAbove: number, ifBelow: number): Code {
  const equal = jump("JEQ_K", high.value, 0, decideLow.length + ifBelow);
  return [
    ...load(high.offset),
    ...jump("JGT_K", high.value, equal.length + decideLow.length + ifAbove, 0),
    ...equal,
    ...decideLow,
  ];
}

function passIf(comparison: Comparison, { offset, value }: Half, skipped: number): Code {
  return [...load(offset), ...jump(comparison, value, 0, skipped)];
}

function passUnless(comparison: Comparison, { offset, value }: Half, skipped: number): Code {
  return [...load(offset), ...jump(comparison, value, skipped, 0)];
}

function passIfMasked({ offset, value, valueTwo }: Half, skipped: number): Code {
  return [...load(offset), ...and(value), ...jump("JEQ_K", valueTwo, 0, skipped)];
}

function halves({ index, value, valueTwo = 0 }: SeccompCondition): { low: Half; high: Half } {
  if (!Number.isInteger(index) || index < 0 || index > 5) {
    throw new Error(`Cannot compile seccomp profile: a call has no argument ${index}, only 0 to 5`);
  }
  const offset = ARGUMENTS_OFFSET + 8 * index;
  const [first, second] = [unsigned(value), unsigned(valueTwo)];
  return {
    low: { offset, value: Number(first & 0xffff_ffffn), valueTwo: Number(second & 0xffff_ffffn) },
    high: { offset: offset + 4, value: Number(first >> 32n), valueTwo: Number(second >> 32n) },
  };
}

function unsigned(value: number | bigint): bigint {
  const exact = typeof value === "bigint" || Number.isSafeInteger(value);
  if (exact && value >= 0 && value <= MAX_U64) return BigInt(value);
  throw new Error(`Cannot compile seccomp profile: ${value} is no exact unsigned 64-bit number`);
}
