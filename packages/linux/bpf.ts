/**
 * eBPF programs that guard the devices of a cgroup v2: load one into the kernel, attach it to a cgroup.
 *
 *     rules ── compileDeviceProgram ──▶ instructions ── loadDeviceProgram ──▶ descriptor ── attach/replace ──▶ cgroup
 *
 * The cgroup keeps the program alive; the descriptor can be closed once it is attached. An access must pass the programs of the
 * cgroup and of all those above it.
 *
 * @see https://man7.org/linux/man-pages/man2/bpf.2.html
 */
import { closeSync } from "node:fs";
import { ErrnoError, isErrno } from "./errno.ts";
import { koffi, systemCall } from "./libc.ts";

const bpf = systemCall<[number, Buffer, number]>("bpf", ["int", "void *", "uint"]);

// Commands, types and flags: include/uapi/linux/bpf.h.
const COMMAND = { PROG_LOAD: 5, PROG_ATTACH: 8, PROG_DETACH: 9, PROG_GET_FD_BY_ID: 13, PROG_QUERY: 16 };
const BPF_PROG_TYPE_CGROUP_DEVICE = 15;
const BPF_CGROUP_DEVICE = 6;
const BPF_F_ALLOW_MULTI = 2;
const BPF_F_REPLACE = 4;

const INSTRUCTION_SIZE = 8;
/** Enough for the largest of `union bpf_attr`'s variants that are used here; what follows a variant must be zero. */
const ATTR_SIZE = 72;
const LOG_SIZE = 1 << 20;
/** Decides which of the kernel's functions a program may call; ours call none. */
const LICENSE = Buffer.from("Apache-2.0\0");

/**
 * Loads instructions of `compileDeviceProgram` and returns the program's descriptor, which closes on exec.
 *
 * @throws {ErrnoError} The message ends with what the kernel's verifier has to say when it refuses the program.
 */
export function loadDeviceProgram(instructions: Buffer): number {
  try {
    return load(instructions, Buffer.alloc(0));
  } catch (error) {
    throw error instanceof ErrnoError ? withVerifierLog(error, instructions) : error;
  }
}

/** The log is asked for only after a failure: writing it makes loading many times slower. */
function withVerifierLog(error: ErrnoError, instructions: Buffer): ErrnoError {
  const log = Buffer.alloc(LOG_SIZE);
  try {
    closeSync(load(instructions, log));
  } catch {
    // the same refusal once more; this time it left its reason in `log`
  }
  const text = log.toString("utf8", 0, log.indexOf(0)).trim();
  if (text !== "") error.message += `\n${text}`;
  return error;
}

/** The verifier stops with EAGAIN when a signal arrives, which here means: again, now that it has been handled. */
function load(instructions: Buffer, log: Buffer): number {
  for (;;) {
    try {
      return loadOnce(instructions, log);
    } catch (error) {
      if (!isErrno(error, "EAGAIN")) throw error;
    }
  }
}

function loadOnce(instructions: Buffer, log: Buffer): number {
  const attr = Buffer.alloc(ATTR_SIZE);
  attr.writeUInt32LE(BPF_PROG_TYPE_CGROUP_DEVICE, 0);
  attr.writeUInt32LE(instructions.length / INSTRUCTION_SIZE, 4);
  attr.writeBigUInt64LE(koffi.address(instructions), 8);
  attr.writeBigUInt64LE(koffi.address(LICENSE), 16);
  if (log.length > 0) {
    attr.writeUInt32LE(1, 24); // log level
    attr.writeUInt32LE(log.length, 28);
    attr.writeBigUInt64LE(koffi.address(log), 32);
  }
  return bpf(COMMAND.PROG_LOAD, attr, attr.length);
}

/** Adds a program to those of a cgroup. `cgroupFd` is open on its directory. */
export function attachDeviceProgram(cgroupFd: number, programFd: number): void {
  attach(cgroupFd, programFd, BPF_F_ALLOW_MULTI);
}

/** Takes a program from a cgroup. @throws {ErrnoError} ENOENT when it isn't attached there. */
export function detachDeviceProgram(cgroupFd: number, programFd: number): void {
  const attr = attachAttr(cgroupFd, programFd);
  bpf(COMMAND.PROG_DETACH, attr, attr.length);
}

/**
 * Makes a program the only one of its cgroup.
 *
 * There is no moment at which the cgroup's devices are unguarded: a single old program is replaced in one step, several are
 * detached after the new one is in place.
 */
export function replaceDevicePrograms(cgroupFd: number, programFd: number): void {
  const old = queryDevicePrograms(cgroupFd).map(programFdOf);
  try {
    if (old.length === 1) attach(cgroupFd, programFd, BPF_F_ALLOW_MULTI | BPF_F_REPLACE, old[0]);
    else {
      attachDeviceProgram(cgroupFd, programFd);
      for (const fd of old) detachDeviceProgram(cgroupFd, fd);
    }
  } finally {
    for (const fd of old) closeSync(fd);
  }
}

function attach(cgroupFd: number, programFd: number, flags: number, replacedFd = 0): void {
  const attr = attachAttr(cgroupFd, programFd);
  attr.writeUInt32LE(flags, 12);
  attr.writeUInt32LE(replacedFd, 16);
  bpf(COMMAND.PROG_ATTACH, attr, attr.length);
}

function attachAttr(cgroupFd: number, programFd: number): Buffer {
  const attr = Buffer.alloc(ATTR_SIZE);
  attr.writeUInt32LE(cgroupFd, 0);
  attr.writeUInt32LE(programFd, 4);
  attr.writeUInt32LE(BPF_CGROUP_DEVICE, 8);
  return attr;
}

/** The kernel's limit on programs of one cgroup and type: BPF_CGROUP_MAX_PROGS. */
const MAX_PROGRAMS = 64;

/** The ids of the programs that are attached to this cgroup itself, first the oldest. */
export function queryDevicePrograms(cgroupFd: number): number[] {
  const ids = Buffer.alloc(MAX_PROGRAMS * 4);
  const attr = Buffer.alloc(ATTR_SIZE);
  attr.writeUInt32LE(cgroupFd, 0);
  attr.writeUInt32LE(BPF_CGROUP_DEVICE, 4);
  attr.writeBigUInt64LE(koffi.address(ids), 16);
  attr.writeUInt32LE(MAX_PROGRAMS, 24);
  bpf(COMMAND.PROG_QUERY, attr, attr.length);
  return Array.from({ length: attr.readUInt32LE(24) }, (_, i) => ids.readUInt32LE(i * 4));
}

function programFdOf(id: number): number {
  const attr = Buffer.alloc(ATTR_SIZE);
  attr.writeUInt32LE(id, 0);
  return bpf(COMMAND.PROG_GET_FD_BY_ID, attr, attr.length);
}
