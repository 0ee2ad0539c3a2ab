/**
 * Device rules of a cgroup as an eBPF program, which is how cgroup v2 has them: it has no devices.allow file. The kernel runs the
 * program at each open and mknod of a device below the cgroup and refuses (EPERM) when it returns 0.
 *
 * The program looks at the rules from the last to the first, because later rules win. It keeps a set of the accesses that no rule
 * has decided yet:
 *
 *     rule for another device        next rule
 *     deny, undecided & access       return 0
 *     allow                          undecided -= access; if nothing is left, return 1
 *
 * `bpf.ts` loads and attaches it.
 *
 * @see https://docs.kernel.org/bpf/standardization/instruction-set.html
 */

/** Allows or forbids access to devices. */
export interface DeviceRule {
  readonly allow: boolean;
  /** Character or block devices; `a`, the default, is all devices, and the other fields don't matter then. */
  readonly type?: "a" | "c" | "b";
  /** Left out or -1: every number. */
  readonly major?: number;
  readonly minor?: number;
  /** Of `r`ead, `w`rite and `m`knod; left out: all three. */
  readonly access?: string;
}

/** struct bpf_cgroup_dev_ctx, which R1 points to: type in the low half of the first word, access in the high half. */
const CONTEXT = { accessType: 0, major: 4, minor: 8 };
const DEVICE_TYPE = { b: 1, c: 2 };
const ACCESS = { m: 1, r: 2, w: 4 } as const;

/** Where the program keeps what. R0 is the result, R1 the context. */
const R = { result: 0, context: 1, undecided: 2, scratch: 3 } as const;
type Register = (typeof R)[keyof typeof R];

/** Operation codes: class, source of the operand (K: the instruction, X: a register), operation. */
const OP = {
  LDX_W: 0x61, // register = *(u32 *)(register + offset)
  AND_K: 0x57,
  RSH_K: 0x77,
  MOV_K: 0xb7,
  MOV_X: 0xbf,
  JEQ_K: 0x15,
  JNE_K: 0x55,
  EXIT: 0x95,
} as const;

/**
 * Translates device rules into eBPF instructions.
 *
 * For each kind of access the last rule that matches decides. What no rule matches is allowed, as it is in a new cgroup of v1;
 * a list of what is allowed therefore starts with `{ allow: false }`.
 *
 * @throws {Error} When a rule makes no sense.
 */
export function compileDeviceProgram(rules: readonly DeviceRule[]): Buffer {
  const base = rules.findLastIndex(({ type = "a" }) => type === "a"); // it decides all that later rules don't
  const particular = rules.slice(base + 1).reverse();
  return Buffer.concat([...loadUndecided(), ...particular.flatMap(compileRule), ...exit(rules[base]?.allow ?? true)]);
}

function loadUndecided(): Buffer[] {
  return [
    instruction(OP.LDX_W, R.undecided, { source: R.context, offset: CONTEXT.accessType }),
    instruction(OP.RSH_K, R.undecided, { constant: 16 }),
  ];
}

/** The tests of a rule, each of which skips the rest of it, then the verdict. */
function compileRule(rule: DeviceRule): Buffer[] {
  let code = rule.allow ? allow(accessBits(rule)) : deny(accessBits(rule));
  if (isNumbered(rule, "minor")) code = [...skipUnless(CONTEXT.minor, rule.minor, code.length), ...code];
  if (isNumbered(rule, "major")) code = [...skipUnless(CONTEXT.major, rule.major, code.length), ...code];
  return [...skipUnlessType(DEVICE_TYPE[rule.type as "b" | "c"], code.length), ...code];
}

/**
 * Each test loads its number again. Would it stay in a register, the kernel's verifier would carry what earlier rules revealed
 * of it from rule to rule and try all combinations, in time quadratic in the number of rules and worse.
 */
function skipUnless(field: number, constant: number, skipped: number): Buffer[] {
  return [
    instruction(OP.LDX_W, R.scratch, { source: R.context, offset: field }),
    instruction(OP.JNE_K, R.scratch, { constant, offset: skipped }),
  ];
}

function skipUnlessType(type: number, skipped: number): Buffer[] {
  return [
    instruction(OP.LDX_W, R.scratch, { source: R.context, offset: CONTEXT.accessType }),
    instruction(OP.AND_K, R.scratch, { constant: 0xffff }),
    instruction(OP.JNE_K, R.scratch, { constant: type, offset: skipped }),
  ];
}

function deny(access: number): Buffer[] {
  const refuse = exit(false);
  return [
    instruction(OP.MOV_X, R.scratch, { source: R.undecided }),
    instruction(OP.AND_K, R.scratch, { constant: access }),
    instruction(OP.JEQ_K, R.scratch, { constant: 0, offset: refuse.length }),
    ...refuse,
  ];
}

function allow(access: number): Buffer[] {
  const accept = exit(true);
  return [
    instruction(OP.AND_K, R.undecided, { constant: ~access }),
    instruction(OP.JNE_K, R.undecided, { constant: 0, offset: accept.length }),
    ...accept,
  ];
}

function exit(allowed: boolean): Buffer[] {
  return [instruction(OP.MOV_K, R.result, { constant: allowed ? 1 : 0 }), instruction(OP.EXIT, R.result, {})];
}

/** One instruction: operation (1 byte), source and destination register (4 bits each), jump or memory offset (2), constant (4). */
function instruction(
  operation: number,
  destination: Register,
  { source = 0, offset = 0, constant = 0 }: { source?: Register; offset?: number; constant?: number },
): Buffer {
  const encoded = Buffer.alloc(8);
  encoded[0] = operation;
  encoded[1] = (source << 4) | destination;
  encoded.writeInt16LE(offset, 2);
  encoded.writeInt32LE(constant, 4);
  return encoded;
}

function accessBits({ access = "rwm" }: DeviceRule): number {
  if (!/^[rwm]+$/.test(access)) throw new Error(`Cannot use device access "${access}": only r, w and m are known`);
  return [...access].reduce((bits, letter) => bits | ACCESS[letter as keyof typeof ACCESS], 0);
}

function isNumbered<Field extends "major" | "minor">(
  rule: DeviceRule,
  field: Field,
): rule is DeviceRule & Record<Field, number> {
  const number = rule[field] ?? -1;
  if (!Number.isInteger(number) || number < -1 || number > 0x7fff_ffff) {
    throw new Error(`Cannot use device ${field} ${number}`);
  }
  return number !== -1;
}
