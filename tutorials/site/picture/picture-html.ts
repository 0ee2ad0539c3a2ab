/** `{{picture NAME}}`: a drawing that is made of recorded runs. */
import type { Language } from "../../book/chapter.ts";
import { bundlePicture } from "./bundle-picture.ts";
import { chainPicture } from "./chain-picture.ts";
import { containerdPicture } from "./containerd-picture.ts";

const PICTURES: Readonly<Record<string, (language: Language) => string>> = {
  docker: chainPicture,
  containerd: containerdPicture,
  bundle: bundlePicture,
};

/** @throws {Error} When there is no such picture. */
export function pictureHtml(name: string, language: Language): string {
  const draw = PICTURES[name];
  if (!draw) throw new Error(`There is no picture ${name}: there are ${Object.keys(PICTURES).join(", ")}`);
  return draw(language);
}
