/* SPDX-License-Identifier: MIT */
/*
 * A reader of trace ring 0 in C, written for speed: it makes the same checks as
 * ivring_reader, prints the same bytes, and does nothing else.
 */
#ifndef IVRING_BENCH_READER_H
#define IVRING_BENCH_READER_H

#include <stdio.h>
#include <stdlib.h>
#include "core/region.h"

/* Ends the process, naming the place, if @cond does not hold. */
#define MUST(cond) do {							\
	if (!(cond)) {							\
		fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #cond); \
		_Exit(1);						\
	}								\
} while (0)

/**
 * struct source - the ring that is read
 * @base: the region, mapped for reading only
 * @bytes: the size of the object
 * @header: private copy, checked once
 * @geo: private copy of the geometry of ring 0, checked once
 * @live: commit and the rest, in shared memory
 * @cursor: position of the next record
 * @expected: sequence of the next record
 * @begun: a block was read; what was gone before that is not lost
 * @records: how many were delivered
 * @lost: how many were overwritten before they were read
 * @corrupt: how many blocks were invalid
 */
struct source {
	const u8 *base;
	u64 bytes;
	struct ivring_region_header header;
	struct ivring_ring_geometry geo;
	const struct ivring_ring_live *live;
	u64 cursor;
	u64 expected;
	bool begun;
	u64 records;
	u64 lost;
	u64 corrupt;
};

/**
 * struct batch - blocks in private memory, and the offsets of their records
 * @size: capacity in bytes
 * @bytes: copied blocks
 * @offsets: offsets in @bytes of the valid records
 * @count: number of records
 * @first_seq: sequence of the first; none is missing between them
 */
struct batch {
	u32 size;
	u8 *bytes;
	u32 *offsets;
	u32 count;
	u64 first_seq;
};

/* source_open() - maps and checks a region; ends the process if it is no ring */
void source_open(struct source *s, const char *path);

/* source_drain() - reads what is new; returns true if there is more than @b took */
bool source_drain(struct source *s, struct batch *b);

/* Passes on a batch. */
typedef void (*deliver_fn)(const struct source *s, struct batch *b);

/* print_start() - sets a format and its constant texts; returns how to deliver */
deliver_fn print_start(const char *format, char **texts, int nr_texts);

/* print_flush() - writes out what was buffered */
void print_flush(void);

/* seal() - writes a batch as CTF packets, for `record` */
void seal(const struct source *s, struct batch *b);

/* put() - writes to standard output, through a buffer */
void put(const void *bytes, size_t count);

#endif /* IVRING_BENCH_READER_H */
