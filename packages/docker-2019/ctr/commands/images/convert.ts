/** `ctr images convert` */
import { InvalidArgument } from "@eras/oci-spec/errdefs.ts";
import { flag, leaf } from "../../command.ts";
import { convert as convertTarget } from "../../image/convert.ts";
import { getImage, putImage, targetOf } from "../../image/image-store.ts";
import { chosenPlatforms, PLATFORM_OPTIONS, type PlatformFlags } from "../../image/platform-flags.ts";
import { print } from "../../output/print.ts";

interface ConvertFlags extends PlatformFlags {
  readonly uncompress?: true;
  readonly oci?: true;
}

export const convert = leaf<ConvertFlags>({
  name: "convert",
  summary: "convert an image",
  usage: "[flags] <source_ref> <target_ref>",
  options: [
    flag("--uncompress", "convert tar.gz layers to uncompressed tar layers"),
    flag("--oci", "convert Docker media types to OCI media types"),
    ...PLATFORM_OPTIONS,
  ],
  async run({ flags, args: [source, name], containerd }) {
    if (!source || !name) throw new InvalidArgument("src and target image need to be specified");
    const how = { uncompress: flags.uncompress ?? false, toOci: flags.oci ?? false, platforms: chosenPlatforms(flags) };
    await containerd.withLease(async (leased) => {
      const image = await getImage(leased, source);
      const target = await convertTarget(leased, targetOf(image), how);
      await putImage(leased, name, target, image.labels);
      print(target.digest);
    });
  },
});
