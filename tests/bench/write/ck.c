// SPDX-License-Identifier: MIT
/*
 * Concurrency Kit's ring: one producer, one consumer, records of one size that
 * is known at compile time, no time, and writing fails if the ring is full.
 */
#include <ck_ring.h>
#include "contender.h"

struct r16 { u8 b[16]; };
struct r64 { u8 b[64]; };
struct r256 { u8 b[256]; };
struct r1024 { u8 b[1024]; };

CK_RING_PROTOTYPE(r16, r16)
CK_RING_PROTOTYPE(r64, r64)
CK_RING_PROTOTYPE(r256, r256)
CK_RING_PROTOTYPE(r1024, r1024)

static struct {
	ck_ring_t ring;
	void *data;
} __attribute__((aligned(APART))) rings[THREADS_MOST];
static u64 capacity;

static void start(const struct setup *s)
{
	for (capacity = 16; capacity * 2 * s->size <= s->ring_bytes;)
		capacity *= 2;
	for (u32 t = 0; t < s->threads; t++) {
		rings[t].data = map_ring(capacity * s->size);
		ck_ring_init(&rings[t].ring, (unsigned int)capacity);
	}
}

static u64 batch(const struct setup *s)
{
	(void)s;
	return capacity - 1;
}

static void write_one(u32 thread, const void *buf, size_t size)
{
	void *entry = (void *)(uintptr_t)buf; /* the library has no const here */
	ck_ring_t *r = &rings[thread].ring;
	void *data = rings[thread].data;
	bool done;

	if (size == 16)
		done = ck_ring_enqueue_spsc_r16(r, data, entry);
	else if (size == 64)
		done = ck_ring_enqueue_spsc_r64(r, data, entry);
	else if (size == 256)
		done = ck_ring_enqueue_spsc_r256(r, data, entry);
	else
		done = ck_ring_enqueue_spsc_r1024(r, data, entry);
	MUST(done);
}

/* Empties the ring as if a consumer had taken everything; positions go on. */
static void empty(u32 thread)
{
	rings[thread].ring.c_head = rings[thread].ring.p_tail;
}

const struct contender ck_copy = {
	.name = "ck", .start = start, .write = write_one, .batch = batch, .empty = empty,
};
