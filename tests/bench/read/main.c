// SPDX-License-Identifier: MIT
/*
 * Usage: reader PATH once|follow text|time|record
 *        reader PATH once|follow json TEXT0 TEXT1 TEXT2 TEXT3 TEXT4
 *        reader PATH copy
 *
 * Prints to standard output; ends with "records N lost N corrupt N" on standard
 * error. `copy` copies the ring and does nothing else: the least that any
 * reader does.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <time.h>
#include "reader.h"

/* The sizes and times of ivring_reader. */
#define PRINT_BATCH	(64u << 10)
#define RECORD_BATCH	(1u << 20)
#define COPY_BATCH	(1u << 20)
#define SHORTEST_NS	1000000
#define LONGEST_NS	200000000

static volatile sig_atomic_t stop;

static void on_signal(int signal)
{
	(void)signal;
	stop = 1;
}

static void copy_all(const struct source *s)
{
	const u64 bytes = (u64)s->geo.nr_blocks * s->geo.block_bytes;
	u8 *to = malloc(COPY_BATCH);

	MUST(to);
	for (u64 at = 0; at < bytes; at += COPY_BATCH) {
		memcpy(to, s->base + s->geo.data_offset + at, min_t(u64, COPY_BATCH, bytes - at));
		barrier(); /* or nothing would need to be copied */
	}
}

/* Reads like the loop of ivring_reader, with its back-off. */
static void read_all(struct source *s, struct batch *b, deliver_fn deliver, bool follow)
{
	long ns = SHORTEST_NS;

	while (!stop) {
		bool more = source_drain(s, b);

		deliver(s, b);
		if (b->count)
			ns = SHORTEST_NS;
		if (more)
			continue;
		print_flush();
		if (!follow)
			break;
		nanosleep(&(struct timespec){ 0, ns }, NULL);
		ns = min_t(long, ns * 2, LONGEST_NS);
	}
	print_flush();
}

int main(int argc, char **argv)
{
	struct sigaction act = { .sa_handler = on_signal };
	struct source s;
	struct batch b;
	deliver_fn deliver;

	MUST(argc > 2);
	source_open(&s, argv[1]);
	if (!strcmp(argv[2], "copy")) {
		copy_all(&s);
		return 0;
	}
	MUST(argc > 3);
	sigaction(SIGINT, &act, NULL);
	sigaction(SIGTERM, &act, NULL);
	deliver = print_start(argv[3], argv + 4, argc - 4);
	b.size = max_t(u32, strcmp(argv[3], "record") ? PRINT_BATCH : RECORD_BATCH,
		       s.geo.block_bytes);
	b.bytes = aligned_alloc(4096, b.size);
	b.offsets = malloc(b.size / sizeof(struct ivring_record) * sizeof(u32));
	MUST(b.bytes && b.offsets);
	read_all(&s, &b, deliver, !strcmp(argv[2], "follow"));
	fprintf(stderr, "records %llu lost %llu corrupt %llu\n", (unsigned long long)s.records,
		(unsigned long long)s.lost, (unsigned long long)s.corrupt);
	return 0;
}
