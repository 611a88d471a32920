// SPDX-License-Identifier: MIT
/*
 * The floor, which any ring has to do: the clock, a header, the payload, and
 * the next place, with the same copy routine as ours, called in the same way.
 */
#include "contender.h"

struct place {
	u8 *data;
	u64 at;
	u64 bytes;
	u32 seq;
	u32 clock_id;
} __attribute__((aligned(APART)));

static struct place places[THREADS_MOST];

static void start(const struct setup *s)
{
	for (u32 t = 0; t < s->threads; t++)
		places[t] = (struct place){
			.data = map_ring(s->ring_bytes), .bytes = s->ring_bytes,
			.clock_id = s->clock_id,
		};
}

static void write_one(u32 thread, const void *buf, size_t size)
{
	struct place *p = &places[thread];
	const u64 bytes = ALIGN(sizeof(struct ivring_record) + size, 8);
	u8 *to;

	if (unlikely(p->at + bytes > p->bytes))
		p->at = 0;
	to = p->data + p->at;
	put_header(to, read_clock(p->clock_id), p->seq++, size);
	memcpy(to + sizeof(struct ivring_record), buf, size);
	p->at += bytes;
}

const struct contender floor_copy = { .name = "floor", .start = start, .write = write_one };
