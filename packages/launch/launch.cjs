/**
 * `node launch.cjs MAIN ARGS…` starts the program MAIN of this project, sooner than `node MAIN ARGS…` would.
 *
 *     with --experimental-vm-modules     from a pack, packed.cjs: programs that are run a lot and are soon over
 *     else                               by Node's own loader, hooked.cjs: all others
 *
 * Both find the same files. They are CommonJS, which Node starts at once, before its loader of ECMAScript modules; and JavaScript, so that a
 * Node too old for the rest (where the pinned one could not be installed) can at least say so.
 */
if (process.platform !== "linux" || !process.features.typescript) {
  console.error(`docker-eras needs Linux on x64 or arm64 with the Node that "npx -y pnpm@12 install" puts into this clone;
this is Node ${process.version} on ${process.platform} ${process.arch}. On another system, use a Linux virtual machine.`);
  process.exit(1);
}

process.argv.splice(1, 1); // the program finds its arguments where it expects them
const isPacked = process.getBuiltinModule("node:vm").SourceTextModule !== undefined;
const { run } = isPacked ? require("./packed.cjs") : require("./hooked.cjs");
run(process.argv[1]);
