// SPDX-License-Identifier: MIT
/*
 * Receives a reader's output. Usage: sink PATH, where PATH is a FIFO
 *
 * Counts the lines that end/guest.c writes, and how old each is when it comes.
 * After the last line of a step it prints for all: "step=N written=N dropped=N
 * read=N p50=NS p99=NS p999=NS most=NS".
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "../program.h"

#define CHUNK		(1 << 20)
#define STAMP_DIGITS	16
/* Each power of two is divided into this many parts: an error of at most 1.6 %. */
#define PARTS_SHIFT	6
#define PARTS		(1 << PARTS_SHIFT)

static uint64_t counts[64 * PARTS], lines, most;

static unsigned int bucket_of(uint64_t ns)
{
	unsigned int shift;

	if (ns < PARTS)
		return (unsigned int)ns;
	shift = 63 - (unsigned int)__builtin_clzll(ns) - PARTS_SHIFT;
	return (shift + 1) * PARTS + (unsigned int)((ns >> shift) - PARTS);
}

static uint64_t ns_of(unsigned int bucket)
{
	if (bucket < PARTS)
		return bucket;
	return (uint64_t)(bucket % PARTS + PARTS) << (bucket / PARTS - 1);
}

/* Returns the age that this part of all lines, in thousandths, does not exceed. */
static unsigned long long percentile(uint64_t part)
{
	uint64_t seen = 0;

	for (unsigned int i = 0; i < 64 * PARTS; i++) {
		seen += counts[i];
		if (seen > 0 && seen * 1000 >= lines * part)
			return ns_of(i);
	}
	return 0;
}

static void end_step(const char *line, size_t bytes)
{
	printf("%.*s read=%llu p50=%llu p99=%llu p999=%llu most=%llu\n", (int)bytes - 4, line + 4,
	       (unsigned long long)lines, percentile(500), percentile(990), percentile(999),
	       (unsigned long long)most);
	fflush(stdout);
	memset(counts, 0, sizeof(counts));
	lines = most = 0;
}

static void take_line(const char *line, size_t bytes, uint64_t now)
{
	char digits[STAMP_DIGITS + 1] = "";
	uint64_t age, stamp;
	char *end;

	if (bytes > 4 && !memcmp(line, "END ", 4)) {
		end_step(line, bytes);
		return;
	}
	if (bytes < STAMP_DIGITS)
		return;
	memcpy(digits, line, STAMP_DIGITS);
	stamp = strtoull(digits, &end, 16);
	if (*end)
		return; /* of something else */
	age = now > stamp ? now - stamp : 0;
	counts[bucket_of(age)]++;
	lines++;
	if (age > most)
		most = age;
}

int main(int argc, char **argv)
{
	static char buf[CHUNK];
	size_t have = 0;
	ssize_t n;
	int fd;

	if (argc != 2)
		return 2;
	fd = open(argv[1], O_RDONLY);
	if (fd < 0) {
		perror(argv[1]);
		return 1;
	}
	while ((n = read(fd, buf + have, sizeof(buf) - have)) > 0) {
		const uint64_t now = now_ns();
		char *at = buf, *end;

		have += (size_t)n;
		while ((end = memchr(at, '\n', (size_t)(buf + have - at)))) {
			take_line(at, (size_t)(end - at), now);
			at = end + 1;
		}
		have -= (size_t)(at - buf);
		memmove(buf, at, have);
	}
	return 0;
}
