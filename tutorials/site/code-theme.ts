/** The colours of code, in chapters and on the pages of source files. */
export const CODE_THEME = { light: "github-light", dark: "github-dark" } as const;
