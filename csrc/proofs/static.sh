#!/bin/sh
# What can be known of the library without running it: gcc's analyser, clang-tidy, cppcheck, MISRA but for what DEVIATIONS.md says,
# and how many ways lead through a function.
# usage: csrc/proofs/static.sh     Debian: gcc clang-tidy cppcheck pmccabe
# Under CI=true a missing tool is a failure; elsewhere it is skipped, and said so.
set -u
csrc=$(cd "$(dirname "$0")/.." && pwd)
most_ways=10
failed=0
. "$csrc/tests/skipped.sh"
exec 3>&1
log=$(mktemp)
trap 'rm -f "$log"' EXIT

check() { # tool, what it shows, command...
    tool=$1
    shows=$2
    shift 2
    if ! command -v "$tool" >/dev/null; then
        skipped "$tool is not installed"
    elif "$@" >"$log" 2>&1; then
        echo "passed:  $shows"
    else
        head -n 60 "$log"
        echo "FAILED:  $shows"
        failed=1
    fi
}

analyse() {
    for level in 0 1 2; do
        for source in "$csrc"/src/*.c; do
            gcc -std=c99 -O2 -fanalyzer -Wall -Wextra -Werror -DTPOST_UNROLL=$level -I"$csrc/include" -c "$source" -o /dev/null ||
                return 1
        done
    done
}

tidy() {
    clang-tidy --quiet "$csrc"/src/*.c -- -std=c99 -I"$csrc/include"
}

# Not: knownConditionTrueFalse (version 2.10 does not know that unsigned numbers wrap), constParameter (all compress functions have
# one type, and only some change the block).
check_c() {
    cppcheck --quiet --std=c99 --enable=warning,style,performance,portability --suppress=knownConditionTrueFalse \
        --suppress=constParameter --error-exitcode=1 -I"$csrc/include" "$csrc/src"
}

# Every rule that is broken is one that DEVIATIONS.md lists.
misra() {
    cppcheck --quiet --std=c99 --addon=misra -I"$csrc/include" "$csrc/src" >"$log.misra" 2>&1
    grep -o 'misra-c2012-[0-9.]*' "$log.misra" | sed 's/misra-c2012-//' | sort -u >"$log.broken"
    sed -n 's/^| \([0-9][0-9., ]*\) |.*/\1/p' "$csrc/DEVIATIONS.md" | tr -d ' ' | tr ',' '\n' | sort -u >"$log.listed"
    not_listed=$(comm -23 "$log.broken" "$log.listed")
    not_broken=$(comm -13 "$log.broken" "$log.listed" | tr '\n' ' ')
    for rule in $not_listed; do
        grep -F "misra-c2012-$rule]" "$log.misra"
    done
    [ -z "$not_broken" ] || echo "note:    DEVIATIONS.md lists rules that this cppcheck finds kept: $not_broken" >&3
    rm -f "$log.misra" "$log.broken" "$log.listed"
    [ -z "$not_listed" ]
}

simple() {
    ! pmccabe "$csrc"/src/*.c | awk -v most=$most_ways '$1 > most' | grep .
}

check gcc "gcc -fanalyzer, at each unroll level" analyse
check clang-tidy "clang-tidy" tidy
check cppcheck "cppcheck" check_c
check cppcheck "MISRA C:2012, but for the rules in DEVIATIONS.md" misra
check pmccabe "at most $most_ways ways through a function" simple
exit "$failed"
