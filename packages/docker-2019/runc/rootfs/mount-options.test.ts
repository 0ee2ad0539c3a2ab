import { MS_BIND, MS_NOSUID, MS_RDONLY, MS_REC, MS_SLAVE } from "@eras/linux/mount.ts";
import {
  MOUNT_ATTR__ATIME,
  MOUNT_ATTR_NOATIME,
  MOUNT_ATTR_NOEXEC,
  MOUNT_ATTR_RDONLY,
  MOUNT_ATTR_STRICTATIME,
} from "@eras/linux/mount-fd.ts";
import { describe, expect, test } from "vitest";
import { parseEntryOptions } from "./mount-options.ts";

const NOTHING = {
  flags: 0,
  clear: 0,
  propagation: [],
  data: "",
  recursive: { set: 0, clear: 0 },
  copyUp: false,
  idMapped: "no",
};

describe("parseEntryOptions()", () => {
  test("asks for nothing without words", () => {
    expect(parseEntryOptions()).toEqual(NOTHING);
    expect(parseEntryOptions([])).toEqual(NOTHING);
  });

  test("tells words for one mount from those for the filesystem", () => {
    expect(parseEntryOptions(["rbind", "ro", "nosuid", "rslave", "size=64k", "gid=5"])).toEqual({
      ...NOTHING,
      flags: MS_BIND | MS_REC | MS_RDONLY | MS_NOSUID,
      propagation: [MS_SLAVE | MS_REC],
      data: "size=64k,gid=5",
    });
  });

  test("collects words that mean the mounts below too; the last one counts", () => {
    const recursive = (...words: string[]) => parseEntryOptions(words).recursive;
    expect(recursive("rro", "rexec")).toEqual({ set: MOUNT_ATTR_RDONLY, clear: MOUNT_ATTR_NOEXEC });
    expect(recursive("rro", "rrw")).toEqual({ set: 0, clear: MOUNT_ATTR_RDONLY });
    expect(recursive("rnoatime")).toEqual({ set: MOUNT_ATTR_NOATIME, clear: MOUNT_ATTR__ATIME });
    expect(recursive("rnoatime", "rstrictatime")).toEqual({ set: MOUNT_ATTR_STRICTATIME, clear: MOUNT_ATTR__ATIME });
    expect(recursive("rstrictatime", "rrelatime")).toEqual({ set: 0, clear: MOUNT_ATTR__ATIME });
  });

  test("keeps what the runtime has to do itself from the filesystem", () => {
    expect(parseEntryOptions(["tmpcopyup", "size=1m"])).toMatchObject({ copyUp: true, data: "size=1m" });
    expect(parseEntryOptions(["idmap"])).toMatchObject({ idMapped: "mount", data: "" });
    expect(parseEntryOptions(["ridmap"])).toMatchObject({ idMapped: "recursive", data: "" });
  });

  test("passes words on that it does not know, even those that JavaScript knows", () => {
    expect(parseEntryOptions(["lowerdir=/a:/b", "toString"]).data).toBe("lowerdir=/a:/b,toString");
  });
});
