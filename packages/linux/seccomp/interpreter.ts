/** For tests: runs a filter as the kernel does, for architectures and arguments that the machine at hand doesn't make. */

/** struct seccomp_data, without the instruction pointer. */
export interface SystemCallData {
  readonly number: number;
  readonly audit: number;
  readonly args: readonly bigint[];
}

/** The filter's result. @throws {Error} When the program leaves its bounds or uses what filters may not. */
export function runFilter(filter: Buffer, { number, audit, args }: SystemCallData): number {
  const data = Buffer.alloc(64);
  data.writeUInt32LE(number, 0);
  data.writeUInt32LE(audit, 4);
  for (const [i, argument] of args.entries()) data.writeBigUInt64LE(argument, 16 + 8 * i);
  let accumulator = 0;
  for (let at = 0; at < filter.length; at += 8) {
    const operand = filter.readUInt32LE(at + 4);
    const jump = (taken: boolean) => {
      at += 8 * filter[at + (taken ? 2 : 3)]!;
    };
    const operation = filter.readUInt16LE(at);
    if (operation === 0x20) accumulator = data.readUInt32LE(operand);
    else if (operation === 0x54) accumulator = (accumulator & operand) >>> 0;
    else if (operation === 0x05) at += 8 * operand;
    else if (operation === 0x15) jump(accumulator === operand);
    else if (operation === 0x25) jump(accumulator > operand);
    else if (operation === 0x35) jump(accumulator >= operand);
    else if (operation === 0x06) return operand;
    else throw new Error(`Cannot run operation 0x${operation.toString(16)}`);
  }
  throw new Error("Cannot run on: the filter falls out at its end");
}
