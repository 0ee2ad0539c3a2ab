/**
 * Runs a command under another kernel: Debian's own, in qemu, with pure cgroup v2, whatever the machine itself runs.
 *
 *     pnpm test:v2                            the tests of vitest.config.ts, in two boots: with AppArmor, with SELinux
 *     pnpm test:v2 --timeout 900 -- COMMAND   any other command, started in this directory; --lsm selinux: with SELinux
 *
 *     kernel.ts      Debian's kernel package, downloaded and unpacked, not installed
 *     initramfs.ts   a first root directory, in memory: just enough to reach the second
 *     qemu.ts        the machine; its root directory is this machine's, read over 9p, with what it writes kept in its memory
 *     guest/         what runs inside before the command
 *     vm.test.ts     the same as a part of the ordinary suite
 *
 * The exit code is the command's; 124 when it ran past the limit, 125 when it didn't get that far. Without hardware virtualisation
 * everything in there is ten to thirty times slower: `--kvm` uses it where the machine has it.
 */
import { mkdirSync } from "node:fs";
import { parseArgs } from "node:util";
import { buildInitramfs } from "./initramfs.ts";
import { provideKernel } from "./kernel.ts";
import { runInMachine, type SecurityModule } from "./qemu.ts";
import { checkRequirements } from "./requirements.ts";

const ROOT = `${import.meta.dirname}/../..`;
const CACHE = `${ROOT}/node_modules/.cache/vm`;
const TESTS = ["vitest", "run", "--config", `${import.meta.dirname}/vitest.config.ts`];

/** The tests want both; a command wants one. */
function boots(named: string | undefined, hasCommand: boolean): SecurityModule[] {
  if (named === "apparmor" || named === "selinux") return [named];
  if (named !== undefined) throw new Error(`Cannot boot with --lsm ${named}: apparmor and selinux are known`);
  return hasCommand ? ["apparmor"] : ["apparmor", "selinux"];
}

try {
  const { values, positionals } = parseArgs({
    options: {
      timeout: { type: "string", default: "600" },
      kvm: { type: "boolean", default: false },
      lsm: { type: "string" },
    },
    allowPositionals: true,
  });
  checkRequirements();
  mkdirSync(CACHE, { recursive: true });
  const kernel = provideKernel(CACHE);
  const run = {
    kernel,
    initramfs: buildInitramfs(kernel, CACHE),
    command: positionals.length > 0 ? positionals : TESTS,
    timeoutSeconds: Number(values.timeout),
    accelerator: values.kvm ? "kvm" : "tcg",
  } as const;
  for (const securityModule of boots(values.lsm, positionals.length > 0)) {
    process.exitCode ||= await runInMachine({ ...run, securityModule });
  }
} catch (error) {
  console.error(`test:v2: ${(error as Error).message}`);
  process.exitCode = 125;
}
