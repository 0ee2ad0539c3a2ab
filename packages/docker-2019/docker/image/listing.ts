/** Rows of `docker images`: one for each name, and with --digests one for each name and digest. */
import { familiarName, parseReference } from "@eras/oci-spec/reference.ts";
import type { ImageSummary } from "../../engine-api/image.ts";
import { ago, goTime } from "../output/age.ts";
import { decimalSize } from "../output/size.ts";
import type { Listing, Row } from "../output/table.ts";
import { shortId } from "../output/truncate.ts";

const TITLES = {
  ID: "IMAGE ID",
  Repository: "REPOSITORY",
  Tag: "TAG",
  Digest: "DIGEST",
  CreatedSince: "CREATED",
  CreatedAt: "CREATED AT",
  Size: "SIZE",
  VirtualSize: "SIZE",
  SharedSize: "SHARED SIZE",
  UniqueSize: "UNIQUE SIZE",
  Containers: "CONTAINERS",
};
const NONE = "<none>";
const NOT_COUNTED = "N/A";
/** Of an image that doesn't say when it was made. */
const GO_ZERO_TIME = "0001-01-01 00:00:00 +0000 UTC";

interface Style {
  readonly truncated: boolean;
  readonly withDigests: boolean;
}

export function imageListing(images: readonly ImageSummary[], style: Style): Listing {
  const columns = ["Repository", "Tag", ...(style.withDigests ? ["Digest"] : []), "ID", "CreatedSince", "Size"];
  const rows = images.flatMap((image) => namesOf(image, style).map((name) => rowOf(image, name, style)));
  return {
    template: { type: "*formatter.imageContext" },
    titles: TITLES,
    columns,
    placeholders: { CreatedSince: NOT_COUNTED },
    rows,
    key: "ID",
  };
}

interface Name {
  readonly repository: string;
  readonly tag: string;
  readonly digest: string;
}

function namesOf({ RepoTags, RepoDigests }: ImageSummary, { withDigests }: Style): Name[] {
  const tags = byRepository(RepoTags, ":");
  const digests = byRepository(RepoDigests, "@");
  const names = [...new Set([...tags.keys(), ...digests.keys()])].flatMap((repository) => {
    const itsDigests = withDigests ? (digests.get(repository) ?? [NONE]) : [NONE];
    const itsTags = tags.get(repository) ?? [NONE];
    return itsTags.flatMap((tag) => itsDigests.map((digest) => ({ repository, tag, digest })));
  });
  return names.length > 0 ? names : [{ repository: NONE, tag: NONE, digest: NONE }];
}

/** `<none>:<none>` is how the daemon says that there is no name. */
function byRepository(names: readonly string[] | null, separator: string): Map<string, string[]> {
  const all = new Map<string, string[]>();
  for (const name of names ?? []) {
    const at = name.lastIndexOf(separator);
    const repository = name.slice(0, at);
    if (repository === NONE) continue;
    const familiar = familiarName(parseReference(repository));
    all.set(familiar, [...(all.get(familiar) ?? []), name.slice(at + 1)]);
  }
  return all;
}

function rowOf(image: ImageSummary, { repository, tag, digest }: Name, { truncated }: Style): Row {
  const isShared = image.SharedSize !== -1;
  return {
    ID: truncated ? shortId(image.Id) : image.Id,
    Repository: repository,
    Tag: tag,
    Digest: digest,
    CreatedSince: image.Created > 0 ? ago(image.Created) : "",
    get CreatedAt() {
      return image.Created > 0 ? goTime(image.Created) : GO_ZERO_TIME; // dear: it asks for the zone
    },
    Size: decimalSize(image.Size),
    VirtualSize: decimalSize(image.Size, 4),
    SharedSize: isShared ? decimalSize(image.SharedSize, 4) : NOT_COUNTED,
    UniqueSize: isShared ? decimalSize(image.Size - image.SharedSize, 4) : NOT_COUNTED,
    Containers: image.Containers === -1 ? NOT_COUNTED : String(image.Containers),
  };
}
