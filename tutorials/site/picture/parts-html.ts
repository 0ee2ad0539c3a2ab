/** What pictures are made of. */

/** A place with programs in it. */
export function zoneHtml(name: string, content: string): string {
  const title = name === "" ? "" : `<b class="zone-name">${name}</b>`;
  return `<div class="zone">${title}${content}</div>`;
}

export function programHtml(program: string): string {
  return `<span class="box actor-${program}"><b>${program}</b></span>`;
}

export function figureHtml(kind: string, content: string, caption: string): string {
  return `<figure class="picture ${kind}">${content}<figcaption>${caption}</figcaption></figure>`;
}
