/** `delete` is the last resort: containerd waits for it, so it has to come to an end whatever it finds. */
import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join, resolve } from "node:path";
import { promisify } from "node:util";
import { afterAll, expect, test } from "vitest";
import { DeleteResponseSchema } from "../proto/gen/shim_pb.ts";
import { fromBinary } from "../proto/message.ts";

const SHIM = resolve(import.meta.dirname, "../../../bin/containerd-shim-eras-v2");

const bundle = mkdtempSync(join(tmpdir(), "docker-eras-bundle-"));
mkdirSync(join(bundle, "rootfs"));
afterAll(() => rmSync(bundle, { recursive: true }));

/** @param saved - What the dead shim has noted of the runtime. */
async function runDelete(saved: string) {
  writeFileSync(join(bundle, "options.json"), saved);
  const words = ["-namespace", "eras-delete", "-id", basename(bundle), "-bundle", bundle, "delete"];
  const { stdout, stderr } = await promisify(execFile)(SHIM, words, { encoding: "buffer" });
  return { response: fromBinary(DeleteResponseSchema, stdout), stderr: stderr.toString() };
}

test.each([
  ["that is not there", JSON.stringify({ binary: "/nosuch", root: bundle, bundle, systemdCgroup: false }), /nosuch/],
  ["that fails", JSON.stringify({ binary: "/bin/false", root: bundle, bundle, systemdCgroup: false }), /exit status 1/],
  ["that was noted by half", '{"binary":"/nos', /^$/],
])("delete ends with a runtime %s, and answers", async (_, saved, told) => {
  const { response, stderr } = await runDelete(saved);
  expect(response).toMatchObject({ pid: 0, exitStatus: 137 });
  expect(stderr).toMatch(told);
});
