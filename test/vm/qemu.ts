/**
 * The virtual machine: qemu with three devices that matter.
 *
 *     9p "root"      this machine's root directory, read only: the guest lays a writable layer in its memory over it
 *     9p "control"   a directory of this run: the command goes in, its exit code comes out
 *     serial ports   the first is the kernel's console, kept in a file; the second is the command's output, passed on as it comes
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import type { Kernel } from "./kernel.ts";

/** What a kernel can confine programs with: one of the two, for each boot. */
export type SecurityModule = "apparmor" | "selinux";

/** A command and the machine to run it in. */
export interface MachineRun {
  readonly kernel: Kernel;
  readonly initramfs: string;
  readonly command: readonly string[];
  readonly timeoutSeconds: number;
  readonly securityModule: SecurityModule;
  /** `tcg` is software emulation. */
  readonly accelerator: "tcg" | "kvm";
}

const RAN_PAST_LIMIT = 124;

/**
 * Boots the machine and runs the command in it; its output appears on ours.
 *
 * @returns The command's exit code.
 * @throws {Error} With the end of the console, when the machine stopped before the command did.
 */
export async function runInMachine(run: MachineRun): Promise<number> {
  const control = mkdtempSync(`${tmpdir()}/docker-eras-vm-`);
  const removeControl = () => rmSync(control, { recursive: true, force: true });
  process.once("exit", removeControl); // of Ctrl-C
  try {
    writeFileSync(`${control}/run`, guestScript(run));
    const late = await runQemu(qemuArguments(run, control), run.timeoutSeconds);
    if (existsSync(`${control}/exit-code`)) return Number(readFileSync(`${control}/exit-code`, "utf8"));
    if (late) {
      console.error(`test:v2: ran past ${run.timeoutSeconds} seconds`);
      return RAN_PAST_LIMIT;
    }
    throw new Error(`The machine stopped before the command ended:\n${endOfConsole(control)}`);
  } finally {
    removeControl();
  }
}

/** Sourced by the guest: the files are the same there, so paths are enough. */
function guestScript({ kernel, command }: MachineRun): string {
  return [
    `KERNEL_DIR=${quote(kernel.dir)}`,
    `KERNEL_VERSION=${quote(kernel.version)}`,
    `export PATH=${quote(`${process.cwd()}/node_modules/.bin`)}:$PATH`,
    `cd ${quote(process.cwd())}`,
    `. ${quote(`${import.meta.dirname}/guest/setup.sh`)}`,
    command.map(quote).join(" "),
    "",
  ].join("\n");
}

function quote(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}

function qemuArguments({ kernel, initramfs, accelerator, securityModule }: MachineRun, control: string): string[] {
  return [
    ...["-accel", accelerator, "-cpu", "max", "-smp", "1", "-m", "3072"],
    ...["-display", "none", "-nodefaults", "-nic", "none", "-no-reboot"],
    ...["-kernel", kernel.image, "-initrd", initramfs],
    ...["-append", `console=ttyS0 quiet panic=-1 mitigations=off random.trust_cpu=on security=${securityModule}`],
    ...["-serial", `file:${control}/console`, "-chardev", "stdio,id=output,signal=off", "-serial", "chardev:output"],
    ...shared("root", "/", "readonly=on"),
    ...shared("control", control, "readonly=off"),
    ...["-device", "virtio-rng-pci"],
  ];
}

/** `multidevs=remap`: the directory spans several file systems, whose inode numbers would collide. */
function shared(tag: string, path: string, access: string): string[] {
  return [
    ...["-fsdev", `local,id=${tag},path=${path},security_model=passthrough,multidevs=remap,${access}`],
    ...["-device", `virtio-9p-pci,fsdev=${tag},mount_tag=${tag}`],
  ];
}

/** @returns Whether the machine was stopped because it ran too long. */
async function runQemu(args: readonly string[], timeoutSeconds: number): Promise<boolean> {
  const qemu = spawn("qemu-system-x86_64", args, { stdio: ["ignore", "inherit", "inherit"] });
  const stop = () => qemu.kill("SIGKILL");
  process.once("exit", stop);
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(130));
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    stop();
  }, timeoutSeconds * 1000);
  await once(qemu, "exit");
  clearTimeout(timer);
  process.off("exit", stop);
  return late;
}

function endOfConsole(control: string): string {
  const console = existsSync(`${control}/console`) ? readFileSync(`${control}/console`, "utf8") : "";
  return console.split("\n").slice(-20).join("\n");
}
