# shellcheck shell=bash
# SPDX-License-Identifier: BSD-2-Clause
#
# What the tests of the tools share, to be sourced: a folder of their own, gone
# at the end, and the lines that tests/run counts.

root=$(realpath "$(dirname "${BASH_SOURCE[0]}")/../..")
failures=0
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# check SENTENCE CMD [ARG]…: the sentence is true if CMD succeeds.
check() {
	local sentence=$1 said
	shift
	if said=$("$@" 2>&1); then
		echo "ok - $sentence"
	else
		failures=$((failures + 1))
		echo "not ok - $sentence"
		printf '%s\n' "$said" | sed 's/^/    /'
	fi
}

# fails_saying TEXT CMD [ARG]…: CMD fails, and TEXT is in what it says.
fails_saying() {
	local text=$1 said
	shift
	if said=$("$@" 2>&1); then
		echo "should have failed: $*"
		return 1
	fi
	printf '%s\n' "$said"
	grep -qF -e "$text" <<<"$said"
}

# says TEXT CMD [ARG]…: CMD succeeds, and its output is TEXT and nothing else.
says() {
	local text=$1 said
	shift
	said=$("$@" 2>&1) || {
		printf '%s\n' "failed: $said"
		return 1
	}
	printf '%s\n' "$said"
	[ "$said" = "$text" ]
}

# wait_until CMD [ARG]…: polls, at most 10 s.
wait_until() {
	local tries=200
	until "$@"; do
		tries=$((tries - 1))
		[ "$tries" -gt 0 ] || return 1
		sleep 0.05
	done
}

# The exit status of a test.
finish() {
	[ "$failures" -eq 0 ]
}
