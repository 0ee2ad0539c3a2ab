/** Asks before something is lost. */
import { createInterface } from "node:readline/promises";

/** @param loss - What will be. @returns Whether the user wants that. */
export async function confirm(loss: string): Promise<boolean> {
  const lines = createInterface({ input: process.stdin, output: process.stdout });
  const gone = new AbortController();
  lines.on("close", () => gone.abort()); // no more input: that is no yes
  try {
    const answer = await lines.question(`WARNING! ${loss}\nAre you sure you want to continue? [y/N] `, gone);
    return answer.trim().toLowerCase() === "y";
  } catch (error) {
    if ((error as Error).name === "AbortError") return false;
    throw error;
  } finally {
    lines.close();
  }
}
