#!/bin/sh
# cmake --install puts everything where it belongs, and the program runs from there.
build=${BUILD_DIR:?}
command -v cmake >/dev/null || exit 77
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
failed=0
cmake --install "$build" --prefix "$work" >"$work/log" 2>&1 || {
    cat "$work/log"
    exit 1
}
for file in bin/wiretale share/man/man1/wiretale.1 share/man/man5/wiretale.conf.5 \
    share/wiretale/wiretale-report-1.xsd share/bash-completion/completions/wiretale \
    share/zsh/site-functions/_wiretale share/fish/vendor_completions.d/wiretale.fish \
    share/doc/wiretale/README.md share/doc/wiretale/LICENSE share/doc/wiretale/docs/report-formats.md; do
    if [ ! -s "$work/$file" ]; then
        echo "FAIL $file was not installed"
        failed=1
    fi
done
"$work/bin/wiretale" --version >/dev/null || failed=1
exit $failed
