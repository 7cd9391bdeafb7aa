#!/bin/sh
# Help, manual, completions and configuration keys come from one table: each must name the same options, and be
# fit for its reader (width, roff, shell syntax).
wt=${WIRETALE:?} build=${BUILD_DIR:?}
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
failed=0
fail() {
    echo "FAIL $*"
    failed=$((failed + 1))
}
# same WHAT FILE FILE
same() {
    sort -u "$2" >left
    sort -u "$3" >right
    diff left right >difference || { fail "$1 differs"; cat difference; }
    [ -s left ] || fail "$1: nothing to compare"
}

verbs="read live replay show rules"
for verb in $verbs; do
    "$wt" $verb --help | sed -n 's/^  \(-.,\|   \) --\([a-z-]*\).*/\2/p' >help.$verb
    [ -s help.$verb ] || fail "$verb --help lists no option"

    # bash: the list of options of the verb
    sed -n "s/^    $verb) options=\"\(.*\)\" ;;/\1/p" "$build/completion/wiretale" | tr ' ' '\n' |
        sed -n 's/^--//p' >bash.$verb
    same "bash completion of $verb" help.$verb bash.$verb

    # zsh: the block of the verb
    sed -n "/^        $verb)$/,/;;$/p" "$build/completion/_wiretale" |
        sed -n "s/.*--\([a-z-]*\)[}'[].*/\1/p" >zsh.$verb
    same "zsh completion of $verb" help.$verb zsh.$verb

    # fish: each option with the verbs it is for
    grep -E "__fish_seen_subcommand_from( [a-z]+)* $verb( [a-z]+)*'" "$build/completion/wiretale.fish" |
        sed -n 's/.* -l \([a-z-]*\).*/\1/p' >fish.$verb
    same "fish completion of $verb" help.$verb fish.$verb
done
cat help.* >help.all

# The manual: entries of its OPTIONS section.
sed -n '/^\.SH OPTIONS/,/^\.SH PHASES/p' "$build/wiretale.1" | sed 's/\\-/-/g' |
    sed -n 's/^\\fB.*--\\fR\\fB\([a-z-]*\)\\fR.*/\1/p' >man.all
same "the manual" help.all man.all
for verb in $verbs; do
    grep -qF "wiretale \\fR\\fB$verb" "$build/wiretale.1" || fail "the manual does not know the verb $verb"
done

# Configuration: each option but those that only make sense on the command line is a key.
sort -u help.all | while read -r name; do
    printf '%s =\n' "$name" >probe.conf
    said=$("$wt" read --config probe.conf nosuchfile 2>&1)
    case $name in
    config | no-config | print-config | help | version) wanted="belongs on the command line" ;;
    *) wanted= ;;
    esac
    case $said in
    *"unknown option"*) echo "FAIL '$name' is no key: $said" ;;
    *"$wanted"*) ;;
    *) echo "FAIL the key '$name' is accepted: $said" ;;
    esac
done >keys
[ ! -s keys ] || { cat keys; failed=$((failed + 1)); }

# For people: no line wider than 100 columns, no blanks at its end.
for verb in "" $verbs; do
    "$wt" $verb --help >text
    [ -z "$(awk 'length($0) > 100' text)" ] || { fail "'$verb --help' is wider than 100"; awk 'length($0) > 100' text; }
    ! grep -n ' $' text || fail "'$verb --help' has blanks at the end of a line"
done

# For their programs.
if command -v groff >/dev/null; then
    for page in "$build/wiretale.1" "$SOURCE_DIR/docs/man/wiretale.conf.5"; do
        groff -man -Tutf8 -ww "$page" 2>complaints >formatted
        [ ! -s complaints ] || { fail "$page: groff complains"; head -5 complaints; }
        grep -q '@[A-Z]*@' formatted && fail "$page: a placeholder was left"
    done
fi
bash -n "$build/completion/wiretale" || fail "bash does not take its completion"
for shell in zsh fish; do
    file=$build/completion/_wiretale
    [ $shell = fish ] && file=$build/completion/wiretale.fish
    if command -v $shell >/dev/null; then
        $shell -n "$file" || fail "$shell does not take its completion"
    fi
done

# bash, for real: what a user would be offered.
cat >complete.bash <<EOF
source "$build/completion/wiretale"
compopt() { :; }
try() { COMP_WORDS=(wiretale "\$@"); COMP_CWORD=\$#; _wiretale; echo "\${COMPREPLY[@]}"; }
try re
try read --ht
try read --steps f
try read --limit eo
try live --inter
EOF
bash complete.bash >offers
printf '%s\n' "read replay" "--html" "flagged" "eod=" "--interface" >wanted
diff wanted offers || fail "bash offers something else"

echo "$(sort -u help.all | wc -l) options compared, $failed failures"
[ $failed -eq 0 ]
