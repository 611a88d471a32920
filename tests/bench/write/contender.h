/* SPDX-License-Identifier: MIT */
/*
 * Ways to get a record out of a program, all called alike: through a pointer to
 * a function in another file, with a length that the compiler does not know, so
 * that none is inlined into the loop that measures it.
 */
#ifndef IVRING_BENCH_CONTENDER_H
#define IVRING_BENCH_CONTENDER_H

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include "core/region.h"

#define THREADS_MOST	2
/* The size of a cache line and the one that is fetched with it. */
#define APART		128

/* Ends the process, naming the place, if @cond does not hold. */
#define MUST(cond) do {							\
	if (!(cond)) {							\
		fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #cond); \
		_Exit(1);						\
	}								\
} while (0)

/**
 * struct setup - what is measured
 * @path: the object that our own region is in
 * @clock_id: IVRING_CLOCK_*
 * @threads: how many write at the same time
 * @size: payload bytes
 * @ring_bytes: size of every contender's ring, as far as it can choose
 */
struct setup {
	const char *path;
	u32 clock_id;
	u32 threads;
	size_t size;
	size_t ring_bytes;
};

/**
 * struct contender - one way of writing
 * @name: name on the command line
 * @start: called once, before everything else
 * @write: writes one record; @thread counts from 0
 * @batch: returns after how many records there is no more room; 0: never
 * @empty: makes room again; not measured
 */
struct contender {
	const char *name;
	void (*start)(const struct setup *s);
	void (*write)(u32 thread, const void *buf, size_t size);
	u64 (*batch)(const struct setup *s);
	void (*empty)(u32 thread);
};

extern const struct contender floor_copy, ours, spin_ring, xadd_ring, fifo;
#ifdef WITH_CK
extern const struct contender ck_copy;
#endif
#ifdef WITH_LTTNG
extern const struct contender lttng;
#endif

/* Stores a record header in our format; rivals that we wrote store the same. */
static __always_inline void put_header(void *at, u64 ts, u32 seq, size_t size)
{
	struct ivring_record *h = at;

	h->timestamp = ts;
	h->id = IVRING_ID_MESSAGE;
	h->len = (u16)size;
	h->seq = seq;
}

/* Reads the clock like our writer, which also chooses it at run time. */
static __always_inline u64 read_clock(u32 clock_id)
{
	if (clock_id == IVRING_CLOCK_MONOTONIC)
		return ivring_clock_monotonic();
	if (clock_id == IVRING_CLOCK_TSC)
		return ivring_clock_tsc();
	return 0;
}

/* map_ring() - maps memory like our region's: shared, with every page touched */
void *map_ring(size_t bytes);

/* the_ring_bytes() - returns the size of a ring in our region, after ours.start() */
size_t the_ring_bytes(const struct setup *s);

#endif /* IVRING_BENCH_CONTENDER_H */
