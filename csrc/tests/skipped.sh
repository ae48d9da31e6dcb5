# Sourced: what a script says of a part that it cannot run. Under CI=true, which has all tools, that is a failure.
skipped() { # what, and why
    if [ "${CI:-}" = true ]; then
        echo "FAILED:  $1"
        failed=1
    else
        echo "skipped: $1"
    fi
}
