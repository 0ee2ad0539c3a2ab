import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { describe, expect, onTestFinished, test } from "vitest";
import { setOomScoreAdj } from "./oom-score.ts";

describe("setOomScoreAdj()", () => {
  test("tells the kernel, which refuses what isn't within -1000 to 1000", () => {
    const sleeper = spawn("sleep", ["60"]);
    onTestFinished(() => void sleeper.kill());
    const pid = sleeper.pid!;
    setOomScoreAdj(pid, 321);
    expect(readFileSync(`/proc/${pid}/oom_score_adj`, "utf8")).toBe("321\n");
    expect(() => setOomScoreAdj(pid, 5000)).toThrow(`failed to update /proc/${pid}/oom_score_adj: invalid argument`);
  });
});
