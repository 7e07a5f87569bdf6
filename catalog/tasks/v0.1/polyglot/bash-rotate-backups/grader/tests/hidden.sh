# Every check runs in a process of its own and says what it saw with its exit status.
top=$PWD
rotate() { timeout 10 bash "$top/bin/rotate" "$@"; }

make() { # make FOLDER NAME...: files, each newer than the one before
  local folder=$1 day=1 name
  shift
  for name in "$@"; do
    printf x >"$folder/$name"
    touch -d "2026-01-0$day" -- "$folder/$name"
    day=$((day + 1))
  done
}

removed() { tr '\0' '|'; }

keeps_the_newest() {
  make "$f" a.bak b.bak c.bak
  [[ $(rotate 2 "$f" | removed) == 'a.bak|' && ! -e $f/a.bak && -e $f/b.bak && -e $f/c.bak ]]
}
names_of_every_kind() {
  make "$f" $'two\nlines.bak' 'a blank.bak' '-rf.bak' '*.bak' 'new.bak'
  [[ $(rotate 1 "$f" | removed) == $'*.bak|-rf.bak|a blank.bak|two\nlines.bak|' && $(ls "$f") == new.bak ]]
}
other_files_stay() {
  make "$f" a.bak b.txt c.bakery
  mkdir "$f/d.bak" && ln -s a.bak "$f/e.bak"
  rotate 0 "$f" >/dev/null && [[ ! -e $f/a.bak && -e $f/b.txt && -e $f/c.bakery && -d $f/d.bak && -L $f/e.bak ]]
}
hidden_files_count() {
  make "$f" .a.bak b.bak
  [[ $(rotate 1 "$f" | removed) == '.a.bak|' ]]
}
equal_times_go_by_name() {
  printf x | tee "$f/a.bak" "$f/B.bak" "$f/c.bak" >/dev/null
  touch -d 2026-01-01 "$f"/*.bak
  [[ $(rotate 1 "$f" | removed) == 'a.bak|B.bak|' && -e $f/c.bak ]]
}
a_dry_run_removes_nothing() {
  make "$f" a.bak b.bak
  [[ $(rotate --dry-run 1 "$f" | removed) == 'a.bak|' && -e $f/a.bak ]]
}
few_files_are_no_error() {
  make "$f" a.bak
  rotate 5 "$f" >"$f/out" && [[ ! -s $f/out && -e $f/a.bak ]] && mkdir "$f/empty" && rotate 1 "$f/empty" &&
    [[ $(rotate 0 "$f" | removed) == 'a.bak|' ]]
}
wrong_usage_removes_nothing() {
  make "$f" a.bak b.bak
  cd "$f" || return 1
  local arguments
  for arguments in "1|" "|$f" "-1|$f" "1x|$f" "1|$f/none" "1|$f/a.bak"; do
    rotate "${arguments%%|*}" "${arguments#*|}" >out 2>err
    [[ $? -eq 2 && -s err && ! -s out && -e a.bak ]] || return 1
  done
  rotate 1 2>err
  [[ $? -eq 2 && -e a.bak ]]
}
folders_of_every_name() {
  mkdir "$f/-x y"
  make "$f/-x y" a.bak b.bak
  cd "$f" && [[ $(rotate 01 '-x y' | removed) == 'a.bak|' && ! -e '-x y/a.bak' ]]
}
zz_end_CAB_NONCE() { :; }

failures=0
for check in keeps_the_newest names_of_every_kind other_files_stay hidden_files_count equal_times_go_by_name \
  a_dry_run_removes_nothing few_files_are_no_error wrong_usage_removes_nothing folders_of_every_name zz_end_CAB_NONCE; do
  f=$(mktemp -d)
  if ("$check") >/dev/null; then status=ok; else status=FAILED failures=1; fi
  printf 'check %s %s\n' "$check" "$status"
done
exit "$failures"
