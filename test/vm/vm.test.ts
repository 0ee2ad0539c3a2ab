/**
 * The virtual machine as a part of the ordinary suite: vitest.config.ts tells what runs in there. It boots twice and takes five
 * minutes, on one processor; ERAS_VM=0 leaves it out.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { expect, test } from "vitest";
import { checkRequirements } from "./requirements.ts";

const LIMIT_SECONDS = 600;
const TITLE = "what needs pure cgroup v2, AppArmor or SELinux works, under a kernel that has them";

const reason = reasonToSkip();
if (reason !== undefined) {
  test.skip(`${TITLE}: ${reason}`);
} else {
  test(
    TITLE,
    async () => {
      const machine = spawn(process.execPath, [`${import.meta.dirname}/main.ts`, "--timeout", String(LIMIT_SECONDS)]);
      let output = "";
      for (const stream of [machine.stdout, machine.stderr]) {
        stream.setEncoding("utf8").on("data", (text: string) => (output += text));
      }
      const [code] = await once(machine, "close");
      expect(code, output).toBe(0);
    },
    (LIMIT_SECONDS + 120) * 1000, // a kernel may have to be downloaded first
  );
}

function reasonToSkip(): string | undefined {
  if (process.env.ERAS_VM === "0") return "ERAS_VM is 0";
  try {
    checkRequirements();
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}
