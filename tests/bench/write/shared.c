// SPDX-License-Identifier: MIT
/*
 * One ring for all threads: with a spinlock, as in 2012, and with places that
 * are taken by one atomic addition (LOCK XADD), as in many rings of today.
 */
#include "contender.h"

struct shared_ring {
	u8 *data;
	u64 bytes;
	u32 clock_id;
	u64 head __attribute__((aligned(APART)));
	u32 seq;
	pthread_spinlock_t lock __attribute__((aligned(APART)));
};

static struct shared_ring spin, xadd;

static void start_one(struct shared_ring *r, const struct setup *s)
{
	/* The size is a power of two, so that places need no division. */
	for (r->bytes = 4096; r->bytes * 2 <= s->ring_bytes;)
		r->bytes *= 2;
	r->data = map_ring(r->bytes);
	r->clock_id = s->clock_id;
	MUST(pthread_spin_init(&r->lock, PTHREAD_PROCESS_PRIVATE) == 0);
}

static void start_spin(const struct setup *s)
{
	start_one(&spin, s);
}

static void start_xadd(const struct setup *s)
{
	start_one(&xadd, s);
}

static void write_spin(u32 thread, const void *buf, size_t size)
{
	struct shared_ring *r = &spin;
	const u64 bytes = ALIGN(sizeof(struct ivring_record) + size, 8);
	u64 at;

	(void)thread;
	pthread_spin_lock(&r->lock);
	at = r->head & (r->bytes - 1);
	if (unlikely(at + bytes > r->bytes)) {
		r->head += r->bytes - at;
		at = 0;
	}
	/* The clock is read in the lock, because times would be out of order otherwise. */
	put_header(r->data + at, read_clock(r->clock_id), r->seq++, size);
	memcpy(r->data + at + sizeof(struct ivring_record), buf, size);
	r->head += bytes;
	pthread_spin_unlock(&r->lock);
}

static void write_xadd(u32 thread, const void *buf, size_t size)
{
	struct shared_ring *r = &xadd;
	const u64 bytes = ALIGN(sizeof(struct ivring_record) + size, 8);
	struct ivring_record *h;
	u64 at;

	(void)thread;
	do
		at = __atomic_fetch_add(&r->head, bytes, __ATOMIC_RELAXED) & (r->bytes - 1);
	while (unlikely(at + bytes > r->bytes));
	h = (void *)(r->data + at);
	put_header(h, read_clock(r->clock_id), 0, size);
	memcpy(h + 1, buf, size);
	/* A reader waits for this, which says that the record is whole. */
	__atomic_store_n(&h->seq, 1, __ATOMIC_RELEASE);
}

const struct contender spin_ring = { .name = "spin", .start = start_spin, .write = write_spin };
const struct contender xadd_ring = { .name = "xadd", .start = start_xadd, .write = write_xadd };
