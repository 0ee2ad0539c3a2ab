/** `ctr content edit`: a blob in an editor. What is made of it is another blob. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseDigest } from "@eras/oci-spec/digest.ts";
import { FailedPrecondition, InvalidArgument, NotImplemented } from "@eras/oci-spec/errdefs.ts";
import { flag, leaf } from "../command.ts";
import type { Containerd } from "../containerd.ts";
import { readWhole } from "../image/content.ts";
import { Ingest } from "../image/ingest.ts";
import { print } from "../output/print.ts";

interface EditFlags {
  readonly validate?: string;
  readonly editor?: string;
}

export const edit = leaf<EditFlags>({
  name: "edit",
  summary: "edit a blob and return a new digest",
  usage: "[flags] <digest>",
  options: [
    flag("--validate <value>", "validate the result against a format (json, mediatype, etc.)"),
    flag("--editor <value>", "select editor (vim, emacs, etc.)").env("EDITOR"),
  ],
  async run({ flags: { validate, editor }, args: [text = ""], containerd }) {
    if (validate) throw new NotImplemented("validating the edit result not supported");
    const digest = parseDigest(text);
    if (!editor) throw new InvalidArgument("editor is required");
    const edited = editBytes(await readWhole(containerd, { digest }), editor);
    print(await store(containerd, `edit-${digest}`, edited));
  },
});

/** @throws {FailedPrecondition} When the editor fails, as most do when they are told not to save. */
function editBytes(bytes: Buffer, editor: string): Buffer {
  const dir = mkdtempSync(join(tmpdir(), "ctr-edit-"));
  const path = join(dir, "blob");
  try {
    writeFileSync(path, bytes);
    const { status } = spawnSync("sh", ["-c", `${editor} "$1"`, "sh", path], { stdio: "inherit" });
    if (status !== 0) throw new FailedPrecondition(`exit status ${status}`);
    return readFileSync(path);
  } finally {
    rmSync(dir, { recursive: true });
  }
}

/** @returns The digest, also when nothing was changed. */
async function store(containerd: Containerd, ref: string, bytes: Buffer): Promise<string> {
  const ingest = (await Ingest.open(containerd, ref))!; // without a digest nothing can be there already
  await ingest.write(bytes);
  return ingest.commit();
}
