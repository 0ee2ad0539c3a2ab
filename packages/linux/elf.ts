/** Executables as the kernel reads them. */

/** Program header type of the loader's name. A static program has none. */
const PT_INTERP = 3;
const ELF_MAGIC = 0x7f454c46;
const CLASS_64 = 2;
const LITTLE_ENDIAN = 1;
const HEADER_SIZE = 64;

/**
 * Whether an executable runs without a loader, and so where there is no library.
 *
 * @param elf - The file: 64-bit and little-endian; anything else is none that runs here.
 * @see https://man7.org/linux/man-pages/man5/elf.5.html
 */
export function isStatic(elf: Buffer): boolean {
  if (elf.length < HEADER_SIZE || elf.readUInt32BE(0) !== ELF_MAGIC) return false;
  if (elf[4] !== CLASS_64 || elf[5] !== LITTLE_ENDIAN) return false;
  const tableOffset = Number(elf.readBigUInt64LE(32)); // e_phoff
  const entrySize = elf.readUInt16LE(54); // e_phentsize
  const count = elf.readUInt16LE(56); // e_phnum
  if (tableOffset + count * entrySize > elf.length) return false; // cut off
  const types = Array.from({ length: count }, (_, i) => elf.readUInt32LE(tableOffset + i * entrySize)); // p_type
  return !types.includes(PT_INTERP);
}
