# `. tutorials/terminal.sh`, typed at the root of the clone, readies a terminal for the book. It lasts as long as the terminal.
#
#     docker-2013, runc-2019 …    the programs of bin/
#     node                        the one that the project brings
#     pnpm                        from any directory, quietly; where it isn't installed, its scripts without it
#     $TMPDIR                     an empty directory, for what the chapters write
#     $ERAS_CLONE                 the clone, to come back to
if [ ! -f tutorials/terminal.sh ]; then
  echo 'Type ". tutorials/terminal.sh" at the root of the clone: this is '"$PWD" >&2
elif [ ! -x node_modules/.bin/node ] && ! npx -y pnpm@12 install; then
  echo "Cannot install what the project needs: see above" >&2
else
  ERAS_CLONE=$PWD
  unset -f pnpm 2>/dev/null # of a first time, which is not the program; zsh complains where there was none
  if command -v pnpm >/dev/null; then
    pnpm() (
      cd "$ERAS_CLONE" || exit
      [ "${1-}" != docs ] || set -- run "$@" # pnpm has a command of that name
      command pnpm --silent "$@"
    )
  else
    # npx would ask the registry each time, which takes seconds, and two at once have been seen to wait for ever.
    pnpm() (
      cd "$ERAS_CLONE" || exit
      [ "${1-}" != run ] || shift
      script=$(node -p 'JSON.parse(fs.readFileSync("package.json", "utf8")).scripts[process.argv[1]] ?? ""' -- "${1-}")
      [ "$script" ] || { echo "pnpm: no script \"${1-}\" in package.json" >&2; exit 1; }
      shift
      eval "$script \"\$@\""
    )
  fi
  PATH=$ERAS_CLONE/bin:$ERAS_CLONE/node_modules/.bin:$PATH
  TMPDIR=$(mktemp -d /tmp/docker-eras-book-XXXXXX)
  export PATH TMPDIR
  chmod 755 "$TMPDIR" # root of a user namespace is nobody here, and has to find what is in it: 13-08
  echo "Ready. What the chapters write goes to $TMPDIR"
fi
