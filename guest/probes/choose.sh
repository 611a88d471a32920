#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# choose.sh OUT SYMVERS READELF COMPILER ARGUMENT...
#
# Finds out which of the kernel's events can have a probe in a module of this kernel, and
# writes OUT, which events.c includes. Some definitions use what the kernel keeps to itself:
# a structure, a function that is not exported. Only the compiler knows: this compiles
# events.c with the command that is given, leaves out what it complains of, and tries again.
# An event that is left out is recorded by ftrace's export.
set -u
LC_ALL=C
export LC_ALL

out=$1 symvers=$2 readelf=$3 compiler=$4
shift 4
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT

# The headers, below trace/events/, or with their path.
headers='
	alarmtimer block cgroup compaction csd filelock filemap huge_memory icmp io_uring ipi irq
	jbd2 kmem migrate mmap mmap_lock module napi neigh net nmi oom page_pool pagemap power
	printk qdisc rcu sched scsi signal skb sock syscalls task tcp timer tlb udp vmscan
	workqueue writeback asm/trace/exceptions asm/trace/irq_vectors'

# What definitions of events expect to be there, below linux/, or with its path.
expected='
	blkdev blktrace_api cpufreq filter interrupt memcontrol mm mm_inline netdevice pm_qos
	sched/clock swap workqueue writeback net/ipv6 net/page_pool net/page_pool/types net/sock
	net/tcp scsi/scsi_cmnd'

# write_out [EVENT]...: writes OUT with these events, less what is in $work/skipped.
write_out() {
	{
		printf '/* Made by choose.sh for this kernel. */\n'
		sed 's/.*/#define IVRING_SKIP_&\t&, 1/' "$work/skipped"
		while read -r header; do
			printf '#if __has_include(<%s>)\n' "$header"
			case $header in
			*trace/*) printf '#define IVRING_HEADER\t<%s>\n#include "passes.h"\n' "$header" ;;
			*) printf '#include <%s>\n' "$header" ;;
			esac
			printf '#endif\n'
		done <"$work/headers"
		printf '#define IVRING_EVENTS(E)'
		[ $# -eq 0 ] || printf ' \\\n\tE(%s)' "$@"
		printf '\n'
	} >"$out"
}

# Prints the headers that have errors, with the line of each: FILE LINE.
places() {
	sed -nE 's/^([^ ]*trace\/[a-z0-9_/]*\.h):([0-9]+):[0-9]+: (error|note): .*/\1 \2/p' | sort -u
}

# Prints the headers that stand on the way to a file that is not there.
includers() {
	awk '/^In file included from / { n = 0 }
	/^In file included from |^  +from / { file = $NF; sub(/:.*/, "", file); files[n++] = file }
	/fatal error:/ { sub(/:.*/, ""); print; for (i = 0; i < n; i++) print files[i]; exit }
	!/^In file|^  +from/ { n = 0 }' "$work/errors"
}

# Prints the name of the class or event that stands in each of these places.
names() {
	while read -r file line; do
		awk -v last="$line" '
		function rest(n) { gsub(/[ \t]/, "", text); split(text, part, ","); return part[n] }
		/^(TRACE_EVENT|DECLARE_EVENT|DEFINE_EVENT)[A-Z_]*\(/ {
			number = /^DEFINE/ ? 2 : 1
			text = substr($0, index($0, "(") + 1)
			begin = NR
		}
		NR > begin && NR < begin + 3 { text = text $0 }
		NR >= last + 2 { exit }
		END { if (begin && begin <= last) print rest(number) }' "$file"
	done | grep -xE '[A-Za-z_][A-Za-z0-9_]*' | sort -u
}

# Prints the events whose probes need a symbol that no module can have.
unlinkable() {
	awk -v symvers="$symvers" '
	BEGIN {
		while ((getline line <symvers) > 0) {
			split(line, part, "\t")
			# One that has a namespace is for certain modules only.
			if (part[5] == "") exported[part[2]] = 1
		}
	}
	/^Relocation section/ { section = $3; last = "" }
	/^[0-9a-f]+ +[0-9a-f]+ +R_/ {
		if (match($0, /\.text\.ivring_probe_[A-Za-z0-9_]+/))
			last = substr($0, RSTART, RLENGTH)
		if (NF >= 5) used[section, $5] = last
	}
	$7 == "UND" && $8 != "" && !($8 in exported) && $8 !~ /^ivring_tap_/ { missing[$8] = 1 }
	END {
		for (each in used) {
			split(each, part, SUBSEP)
			if (!(part[2] in missing)) continue
			if (!match(part[1], /\.text\.ivring_probe_[A-Za-z0-9_]+/)) {
				part[1] = used[each]
				match(part[1], /\.text\.ivring_probe_[A-Za-z0-9_]+/)
			}
			if (RSTART) print substr(part[1], RSTART + 19, RLENGTH - 19)
		}
	}' "$work/symbols" | sort -u
}

# in_folder FOLDER HEADER...: prints their paths.
in_folder() {
	folder=$1
	shift
	for header; do
		case $header in
		net/* | scsi/* | asm/*) printf '%s.h\n' "$header" ;;
		*) printf '%s/%s.h\n' "$folder" "$header" ;;
		esac
	done
}

# shellcheck disable=SC2086 # one word is one name
{
	in_folder linux $expected
	in_folder trace/events $headers
} >"$work/headers"
: >"$work/skipped"

# skip: adds the names that come in to those that are left out; false if none is new.
skip() {
	sort -u - "$work/skipped" >"$work/more"
	! cmp -s "$work/more" "$work/skipped" || return 1
	cp "$work/more" "$work/skipped"
}

# drop_headers: leaves whole headers out; false if none of those that come in is read.
drop_headers() {
	while read -r file line; do
		while read -r header; do
			case $file in */"$header") printf '%s\n' "$header" ;; esac
		done <"$work/headers"
	done | sort -u >"$work/bad"
	[ -s "$work/bad" ] || return 1
	grep -vxFf "$work/bad" "$work/headers" >"$work/more"
	cp "$work/more" "$work/headers"
}

# give_up REASON: has no event get a probe.
give_up() {
	printf 'no event has a generated probe: %s\n' "$1" >&2
	: >"$work/headers"
	write_out
	exit 0
}

first_error() {
	grep -m1 error: "$work/errors"
}

# compile [ARGUMENT]...: tries to; and leaves out what the compiler complains of, until it
# complains no more.
compile() {
	write_out
	until "$compiler" "$@" 2>"$work/errors"; do
		if grep -q 'fatal error:' "$work/errors"; then
			# Something to include is not there, and all behind it was not looked at.
			includers | drop_headers || give_up "$(first_error)"
		else
			places <"$work/errors" | names | skip ||
				places <"$work/errors" | drop_headers || give_up "$(first_error)"
		fi
		write_out
	done
}

# Within a kernel tree, which knows only at its end what modules may use.
[ -s "$symvers" ] || give_up "there is no $symvers"
compile "$@" -fsyntax-only # most errors show here, and sooner
while compile "$@" -ffunction-sections -o "$work/try.o"; do
	"$readelf" -rsW "$work/try.o" >"$work/symbols"
	unlinkable | skip || break
done
# shellcheck disable=SC2046 # one word is one name
write_out $(sed -n 's/.* ivring_event_\([A-Za-z0-9_]*\)$/\1/p' "$work/symbols" | sort -u)
