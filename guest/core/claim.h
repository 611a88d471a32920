/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Shared by the files of the writer, and included by no other: places in the ring,
 * time stamps, block and record headers. PROTOCOL.md explains the rules (in capitals).
 */
#ifndef IVRING_CLAIM_H
#define IVRING_CLAIM_H

#include "ring.h"

#define PAD_MASK	((u64)IVRING_RECORD_ALIGN - 1)
#define RECORD_BYTES	((u32)sizeof(struct ivring_record))
#define BLOCK_HEADER	((u32)sizeof(struct ivring_block))

/* A claimed place for one record. */
struct claim {
	u64 start;		/* position of the record header */
	u64 prev;		/* end position of the record claimed before */
	u32 prev_pad;		/* its padding, which @prev includes */
	u64 block;		/* block of @start */
	u64 seq;
	u64 ts;
	u64 dropped;		/* drops before this record was claimed */
	bool opens;		/* the record is the first of its block */
	bool unnamed;		/* nothing is claimed: its task has no name in its block */
};

/* What is in @r->after if nobody has nested: a constant of the ring's. */
static __always_inline u32 after_nobody(const struct ivring_ring *r)
{
	return r->bell ? IVRING_AFTER_BELL : 0;
}

/* Returns the bytes that a record with @len bytes of payload takes. */
static __always_inline u64 record_bytes(u64 len)
{
	return ALIGN(RECORD_BYTES + len, (u64)IVRING_RECORD_ALIGN);
}

static __always_inline u64 block_bytes(const struct ivring_ring *r)
{
	return 1ULL << r->block_shift;
}

/* Returns the nearest value at or above @base whose low half is @low. */
static __always_inline u64 extend(u32 low, u64 base)
{
	return base + (u32)(low - (u32)base);
}

static __always_inline u64 position_of(u64 commit)
{
	return commit & ~PAD_MASK;
}

/* Returns the block of the last committed byte; positions start at 1 * block_bytes. */
static __always_inline u64 commit_block(const struct ivring_ring *r, u64 commit)
{
	return (position_of(commit) - 1) >> r->block_shift;
}

static __always_inline u64 pack_state(u64 position, u32 pad, u64 seq)
{
	return seq << 32 | (u32)position | pad;
}

/* Returns a block's address. It divides: call it once a block, not once a record. */
static __always_inline struct ivring_block *block_at(const struct ivring_ring *r, u64 block)
{
	return (struct ivring_block *)(r->data + ((block % r->nr_blocks) << r->block_shift));
}

/* Returns the address of the block before the one at @at, without a division. */
static __always_inline struct ivring_block *block_before(const struct ivring_ring *r,
							 const struct ivring_block *at)
{
	const u64 offset = (u64)((const u8 *)at - r->data);

	return (struct ivring_block *)(r->data + (offset ?: r->ring_bytes) - block_bytes(r));
}

/*
 * Orders block numbers before everything else. The readers that pair with it copy, pass
 * their barrier, and load the number again.
 */
static __always_inline void number_barrier(const struct ivring_ring *r)
{
	if (unlikely(r->write_combining))
		/*
		 * MO(number_barrier:A) pairs with RingReader.drain:A, RingSource.oldest:B,
		 * Snapshot.copyBlocks:A and againstBlock:A, as number_barrier:B does; here
		 * the buffers that combine writes have to be drained.
		 */
		wmb();
	else
		/*
		 * MO(number_barrier:B) pairs with RingReader.drain:A, RingSource.oldest:B,
		 * Snapshot.copyBlocks:A and againstBlock:A. If what is read before one of
		 * them was stored behind this, then RingSource.stillHolds:A reads behind it
		 * what ensure_numbers:A stored, or a later number. A reader that meant an
		 * earlier block of this slot sees by that number that its copy is void.
		 */
		virt_wmb();
}

/*
 * Returns the time, or the last time stamp that this ring has handed out if that is later.
 * @last_ts is raised before the place is claimed, so that a writer that claims behind this
 * record reads it.
 */
static __always_inline u64 stamp(struct ivring_ring *r)
{
	u64 now, last;

	if (likely(r->clock_id == IVRING_CLOCK_MONOTONIC))
		now = ivring_clock_monotonic();
	else if (r->clock_id == IVRING_CLOCK_TSC)
		now = ivring_clock_tsc();
	else
		return 0;
	do {
		last = READ_ONCE(r->last_ts);
		if (unlikely(now <= last))
			return last;
	} while (unlikely(!ivring_exchange_local(&r->last_ts, last, now)));
	return now;
}

/* ENSURE RULE: number all blocks up to @block, which lies at @at, before any other store. */
static __always_inline void ensure_numbers(struct ivring_ring *r, u64 commit, u64 block,
					   struct ivring_block *at)
{
	u64 x = commit_block(r, commit) + 1;

	if (likely(x > block))
		return;
	/*
	 * MO(ensure_numbers:A) pairs with RingSource.stillHolds:A, by way of number_barrier:B:
	 * see there.
	 */
	for (; x < block; x++)
		WRITE_ONCE(block_at(r, x)->packet_seq_num, cpu_to_le64(x));
	WRITE_ONCE(at->packet_seq_num, cpu_to_le64(block));
	number_barrier(r);
}

/* FIELD OWNERSHIP: writes the closing half of a block header. */
static inline void close_block(struct ivring_block *h, u64 content_bytes, const struct claim *c)
{
	h->content_size = cpu_to_le32((u32)content_bytes * 8);
	h->timestamp_end = cpu_to_le64(c->ts);
	h->events_discarded = cpu_to_le64(c->dropped);
}

/* FIELD OWNERSHIP: writes the opening half; packet_seq_num is there already. */
static inline void open_block(const struct ivring_ring *r, struct ivring_block *h, u64 first_seq,
			      u64 ts)
{
	h->magic = cpu_to_le32(IVRING_BLOCK_MAGIC);
	h->stream_id = cpu_to_le32(r->kind);
	h->timestamp_begin = cpu_to_le64(ts);
	h->packet_size = cpu_to_le32((u32)block_bytes(r) * 8);
	h->first_seq = cpu_to_le64(first_seq);
	h->cpu_id = cpu_to_le32(r->cpu);
	h->epoch = cpu_to_le32(r->epoch);
}

static __always_inline void *write_header(struct ivring_record *h, u64 ts, u32 id, u32 len,
					  u64 seq)
{
	h->timestamp = cpu_to_le64(ts);
	h->id = cpu_to_le16((u16)id);
	h->len = cpu_to_le16((u16)len);
	h->seq = cpu_to_le32((u32)seq);
	return h + 1;
}

/* Writes the header of @c's record into its block, @at; returns where the payload goes. */
static inline void *write_claimed(const struct ivring_ring *r, struct ivring_block *at,
				  const struct claim *c, u32 id, u32 len)
{
	return write_header((void *)((u8 *)at + (c->start & (block_bytes(r) - 1))), c->ts, id, len,
			    c->seq);
}

/* Notes where the block of @commit ends, and where it lies in memory. */
static inline void set_block_end(struct ivring_ring *r, u64 commit)
{
	const u64 block = commit_block(r, commit);

	r->block_end = (block + 1) << r->block_shift;
	r->block_base = (u64)block_at(r, block) - (block << r->block_shift);
}

#endif /* IVRING_CLAIM_H */
