// SPDX-License-Identifier: MIT
/*
 * Measures how long a reader takes from a guest's store to its line, by the
 * host's clock alone. Usage: observer OBJECT FIFO COUNT
 *
 * Looks at the rings without a pause until one of them has something new. From
 * then on it sleeps until the reader's line comes out of FIFO. Prints "ready",
 * and then the nanoseconds between the two for each of COUNT lines, or "late"
 * if it had lost the processor and cannot tell when the store was.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../program.h"
#include "ivring_abi.h"

#define RINGS_MAX	64
/* The most that the figures may be too small by. */
#define LATE_NS		100000
/* The guest has begun by then; a second for each line is far more than it takes. */
#define GUEST_S		10

static const uint64_t *commits[RINGS_MAX];
static uint64_t seen[RINGS_MAX];
static unsigned int nr_rings;

/* Finds the CPUs' rings. The kernel log's has lines that the reader leaves out. */
static void find_rings(const char *path)
{
	const int fd = open(path, O_RDONLY);
	const struct ivring_region_header *header;
	struct stat st;
	const char *base;

	if (fd < 0 || fstat(fd, &st))
		fail(path);
	base = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_SHARED, fd, 0);
	if (base == MAP_FAILED)
		fail(path);
	header = (const void *)base;
	for (unsigned int i = 0; i < header->nr_rings && nr_rings < RINGS_MAX; i++) {
		const struct ivring_ring_desc *ring = (const void *)(base +
			header->rings_offset + (size_t)i * header->ring_stride);

		if (ring->geometry.kind == IVRING_KIND_TRACE)
			commits[nr_rings++] = (const uint64_t *)&ring->live.commit;
	}
}

static bool news(void)
{
	bool found = false;

	for (unsigned int i = 0; i < nr_rings; i++) {
		const uint64_t commit = __atomic_load_n(commits[i], __ATOMIC_RELAXED);

		found |= commit != seen[i];
		seen[i] = commit;
	}
	return found;
}

int main(int argc, char **argv)
{
	int lines, fifo, count;
	uint64_t before, from, found;
	char c;

	if (argc != 4)
		return 2;
	count = atoi(argv[3]);
	find_rings(argv[1]);
	fifo = open(argv[2], O_RDONLY);
	if (fifo < 0)
		fail(argv[2]);
	(void)news();
	setvbuf(stdout, NULL, _IOLBF, 0);
	puts("ready");
	/* If two stores are seen as one, a store is missing at the end: the
	 * alarm ends the wait for it. */
	alarm(GUEST_S + (unsigned int)count);
	for (lines = 0; lines < count; lines++) {
		from = now_ns();
		do {
			before = from;
			from = now_ns();
		} while (!news());
		found = now_ns();
		do
			if (read(fifo, &c, 1) != 1)
				fail(argv[2]);
		while (c != '\n');
		/* The look that began at @before had not found the store yet. */
		if (found - before > LATE_NS)
			puts("late");
		else
			printf("%llu\n", (unsigned long long)(now_ns() - found));
	}
	return 0;
}
