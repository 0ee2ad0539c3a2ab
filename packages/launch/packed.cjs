/**
 * Programs of this project from one file, a pack. Node's own loader looks for each module in three files, checks each of them, and waits a
 * few turns of the event loop for each; with a hundred and fifty modules that is more than all that runc does. A pack holds them together:
 *
 *     node_modules/.cache/launch/docker-2019+runc+main.ts-v26.10.0-x64.pack
 *     4 bytes                the length of the index
 *     index                  JSON: of each module its file's time and size, what it imports, and where its two parts are
 *     parts                  its source, types erased; its code, compiled, functions that a run does not reach included
 *
 * Libraries are in it as well; those in CommonJS are left to Node.
 *
 * Nobody builds it: a run that finds a module missing or changed makes it anew, and writes the pack at its end. Modules are what Node calls vm
 * modules, which its flag --experimental-vm-modules gives us; what they mean is what ECMAScript says, and a test holds both ways together.
 */
const fs = process.getBuiltinModule("node:fs");
const { SourceTextModule, SyntheticModule } = process.getBuiltinModule("node:vm");
const { dirname, join, relative } = process.getBuiltinModule("node:path");

const PACKAGES = dirname(__dirname);
const SCOPE = "@eras/";
const NODE_MODULES = join(__dirname, "../../node_modules");
const CACHE = join(NODE_MODULES, ".cache/launch");
const COMPILE_CACHE = join(NODE_MODULES, ".cache/compile");
/** Written by each installation. */
const INSTALLED = join(NODE_MODULES, ".modules.yaml");
const REQUIRED = "require:";
const INDEX_START = 4;
const NO_PACK = { fd: -1, index: {}, parts: 0 };

/**
 * `imports`: paths, and names of Node's modules, in the order of its requests. `at`: its source, and after it its code.
 *
 * @typedef {{ mtimeMs: number, size: number, imports: string[], wide: boolean, at: [start: number, code: number, end: number] }} Entry
 */

/** Everything that is loaded, by path or by name. @type {Map<string, import("node:vm").Module>} */
const modules = new Map();
/** The parts of what the pack did not have, or had of an older file. @type {Map<string, Omit<Entry, "at"> & { source: Buffer, code: Buffer }>} */
const made = new Map();

/** The pack's file. */
let file = "";
/** What is known of it, while the program loads; `parts` is where they start. @type {{ fd: number, index: Record<string, Entry>, parts: number } | undefined} */
let pack;
/** A program that runs on does without the index, and does not keep what it has made until its end. */
const KEPT_MS = 1_000;

/** Runs a program. @param {string} main - Absolute. */
exports.run = (main) => {
  file = join(CACHE, `${relative(PACKAGES, main).replaceAll("/", "+")}-${process.version}-${process.arch}.pack`);
  process.once("exit", writePack);
  const program = load(main);
  program.instantiate();
  program.evaluate();
};

function openPack() {
  if (pack) return pack;
  setTimeout(letGo, KEPT_MS).unref();
  pack = readPack();
  return pack;
}

function letGo() {
  writePack();
  made.clear();
  if (pack !== NO_PACK) fs.closeSync(pack.fd);
  pack = undefined;
}

function readPack() {
  try {
    const installed = fs.statSync(INSTALLED, { throwIfNoEntry: false });
    if (fs.statSync(file).mtimeMs < installed?.mtimeMs) return NO_PACK; // libraries may be others now
    const fd = fs.openSync(file, "r");
    const length = read(fd, 0, INDEX_START).readUInt32LE(0);
    return { fd, index: JSON.parse(read(fd, INDEX_START, length).latin1Slice()), parts: INDEX_START + length };
  } catch {
    return NO_PACK;
  }
}

/** @param {number} fd @param {number} start @param {number} length */
function read(fd, start, length) {
  const bytes = Buffer.allocUnsafeSlow(length);
  if (fs.readSync(fd, bytes, 0, length, start) < length) throw new Error(`${file} ends early`);
  return bytes;
}

/**
 * A module of ours with all that it imports, linked; as Node does, each file once.
 *
 * @param {string} path
 */
function load(path) {
  const loaded = modules.get(path);
  if (loaded) return loaded;
  const { module, imports } = fromPack(path) ?? fromSource(path);
  modules.set(path, module); // before its imports, which may import it in turn
  module.linkRequests(imports.map(imported));
  return module;
}

/** The path of a file of ours, or the name of a module of Node. @param {string} specifier @param {string} importer */
function resolve(specifier, importer) {
  if (specifier.startsWith("node:")) return specifier;
  if (specifier.startsWith(SCOPE)) return join(PACKAGES, specifier.slice(SCOPE.length));
  if (specifier.startsWith(".")) return join(dirname(importer), specifier);
  return library(specifier, importer);
}

/** The path of a library's file; behind `require:`, if it is in CommonJS. @param {string} specifier @param {string} importer */
function library(specifier, importer) {
  const { createRequire, findPackageJSON } = process.getBuiltinModule("node:module");
  const path = createRequire(importer).resolve(specifier, { conditions: new Set(["node", "import"]) });
  const { type } = JSON.parse(fs.readFileSync(findPackageJSON(specifier, importer), "utf8"));
  return type === "module" ? path : REQUIRED + path;
}

/** @param {string} name - As resolved. */
function imported(name) {
  if (name.startsWith("node:")) return builtin(name);
  return name.startsWith(REQUIRED) ? required(name) : load(name);
}

/** @param {string} path */
function fromPack(path) {
  const { fd, index, parts } = openPack();
  const entry = index[path];
  if (!entry) return undefined;
  const { mtimeMs, size } = fs.statSync(path);
  if (entry.mtimeMs !== mtimeMs || entry.size !== size) return undefined;
  const [start, code, end] = entry.at;
  try {
    const bytes = read(fd, parts + start, end - start);
    const source = entry.wide ? bytes.ucs2Slice(0, code - start) : bytes.latin1Slice(0, code - start);
    return { module: compile(path, source, bytes.subarray(code - start)), imports: entry.imports };
  } catch {
    return undefined; // V8 refuses what it has compiled with other flags
  }
}

/** @param {string} path */
function fromSource(path) {
  const { stripTypeScriptTypes } = process.getBuiltinModule("node:module");
  const { setFlagsFromString } = process.getBuiltinModule("node:v8");
  const { mtimeMs, size } = fs.statSync(path);
  const source = stripTypeScriptTypes(fs.readFileSync(path, "utf8"));
  setFlagsFromString("--no-lazy"); // all functions: some are called in forked processes alone, which compile for themselves
  const module = compile(path, source);
  setFlagsFromString("--lazy"); // V8 notes the flags in the code
  const imports = module.moduleRequests.map(({ specifier }) => resolve(specifier, path));
  const wide = /[\u0100-\uffff]/.test(source);
  made.set(path, {
    mtimeMs,
    size,
    imports,
    wide,
    source: Buffer.from(source, wide ? "ucs2" : "latin1"),
    code: module.createCachedData(),
  });
  return { module, imports };
}

/** @param {string} path @param {string} source @param {Buffer} [cachedData] */
function compile(path, source, cachedData) {
  const url = `file://${path}`;
  return new SourceTextModule(source, {
    identifier: url,
    cachedData,
    initializeImportMeta: (meta) => Object.assign(meta, { url, filename: path, dirname: dirname(path) }),
    importModuleDynamically: async (specifier) => {
      if (specifier.startsWith("node:")) return import(specifier);
      const module = imported(resolve(specifier, path));
      if (module.status === "unlinked") module.instantiate();
      await module.evaluate();
      return module;
    },
  });
}

/** A module of Node. Of those of its members that are loaded when they are read, only who asks the module itself for them has need. @param {string} name */
function builtin(name) {
  const loaded = modules.get(name);
  if (loaded) return loaded;
  const members = process.getBuiltinModule(name);
  const names = Object.keys(members).filter((key) => !members.__lookupGetter__(key)); // the descriptors of node:fs take twenty times as long
  return withMembers(name, members, names);
}

/** A library in CommonJS, by Node's own loader: its members are known when it has run. @param {string} name */
function required(name) {
  const loaded = modules.get(name);
  if (loaded) return loaded;
  process.getBuiltinModule("node:module").enableCompileCache(COMPILE_CACHE);
  const members = require(name.slice(REQUIRED.length));
  return withMembers(name, members, Object.keys(members));
}

/** @param {string} name @param {object} members @param {readonly string[]} names - Those that can be imported by name. */
function withMembers(name, members, names) {
  const module = new SyntheticModule([...new Set([...names, "default"])], () => {
    for (const key of names) module.setExport(key, members[key]);
    module.setExport("default", members);
  });
  modules.set(name, module);
  return module;
}

/** Beside the old one, and then in its place: another run may read it, or write it too. Whoever may write it has a say in what others run. */
function writePack() {
  if (made.size === 0) return;
  const { fd, index: old, parts } = openPack();
  const index = {};
  const buffers = [];
  let length = 0;
  const place = (entry, code, ...bytes) => {
    const start = length;
    for (const part of bytes) length += part.length;
    buffers.push(...bytes);
    return { ...entry, at: [start, start + code, length] };
  };
  for (const [path, entry] of Object.entries(old)) {
    if (made.has(path) || !fs.existsSync(path)) continue;
    const [start, code, end] = entry.at;
    index[path] = place(entry, code - start, read(fd, parts + start, end - start));
  }
  for (const [path, { source, code, ...entry }] of made) index[path] = place(entry, source.length, source, code);
  const text = Buffer.from(JSON.stringify(index), "latin1");
  const head = Buffer.alloc(INDEX_START);
  head.writeUInt32LE(text.length);
  const temporary = `${file}.${process.pid}`;
  try {
    fs.mkdirSync(CACHE, { recursive: true, mode: 0o755 });
    fs.writeFileSync(temporary, Buffer.concat([head, text, ...buffers]), { mode: 0o644 });
    fs.renameSync(temporary, file);
  } catch {
    fs.rmSync(temporary, { force: true }); // A user who may not write here goes without, or has what root's runs have written.
  }
}
