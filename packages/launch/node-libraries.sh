# Sees to it that the pinned Node starts, after each `pnpm install`. It needs one library more than the Node that runs pnpm: libatomic,
# which a bare Debian lacks. There apt installs it, 9 kB; elsewhere we say what is missing.
node=node_modules/.bin/node
problem=$("$node" --version 2>&1) && exit 0
case $problem in
*libatomic.so.1*) ;;
*)
  echo "Cannot start $node: $problem" >&2
  exit 1
  ;;
esac
install() { DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends libatomic1; }
if command -v apt-get >/dev/null && [ "$(id -u)" = 0 ]; then
  echo "installing libatomic1, which Node 26 needs …" >&2
  { install || { apt-get update -qq && install; }; } >/dev/null 2>&1
  "$node" --version >/dev/null 2>&1 && exit 0
fi
echo "Cannot start $node: libatomic.so.1 is missing: install libatomic1 (Debian, Ubuntu) or libatomic (Fedora, Arch: gcc-libs)" >&2
exit 1
