/**
 * Programs of this project by Node's loader, which is told where our files are.
 *
 * Node's search for an imported module is made for any project: it walks up for node_modules, reads package.json files, follows symbolic
 * links and looks for each file's format. Half of a short program's start goes there. In this project an import says where its file is:
 *
 *     @eras/linux/mount.ts     packages/linux/mount.ts
 *     ./config.ts              beside the importing file
 *
 * So that is all that is done here for our own files; libraries and Node's modules are searched for as ever. A test holds that both ways
 * find the same files.
 */
const { enableCompileCache, registerHooks } = process.getBuiltinModule("node:module");
const { pathToFileURL } = process.getBuiltinModule("node:url");
const { dirname, join } = process.getBuiltinModule("node:path");

const PACKAGES = `${pathToFileURL(dirname(__dirname)).href}/`;
const SCOPE = "@eras/";

/**
 * The file that an import of ours names, as a URL; undefined for everything else.
 *
 * @param {string} specifier
 * @param {string | undefined} importer
 */
function ownFile(specifier, importer) {
  if (!specifier.endsWith(".ts")) return undefined;
  if (specifier.startsWith(SCOPE)) return PACKAGES + specifier.slice(SCOPE.length);
  return specifier.startsWith(".") ? new URL(specifier, importer).href : undefined;
}

// Node keeps what it made of each source: its types erased, its code compiled.
enableCompileCache(join(__dirname, "../../node_modules/.cache/compile"));
registerHooks({
  resolve(specifier, context, nextResolve) {
    const url = ownFile(specifier, context.parentURL);
    return url ? { url, format: "module-typescript", shortCircuit: true } : nextResolve(specifier, context);
  },
});

// An import of node:fs reads all properties that can be listed, and reading these few loads Node's file streams and promises: 3 ms that
// a short-lived program does not have. Unlisted, they are still there for who asks `fs` itself for them.
const fs = process.getBuiltinModule("node:fs");
for (const [name, property] of Object.entries(Object.getOwnPropertyDescriptors(fs))) {
  if (property.get && property.configurable) Object.defineProperty(fs, name, { enumerable: false });
}

/** Runs a program. @param {string} main - Absolute. */
exports.run = (main) => import(pathToFileURL(main).href);
