/** The colours of code, in chapters and on the pages of source files: all of them readable on their background, comments too. */
export const CODE_THEME = { light: "github-light-high-contrast", dark: "github-dark-default" } as const;
