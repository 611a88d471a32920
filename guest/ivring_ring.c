// SPDX-License-Identifier: GPL-2.0-only
/*
 * The writer: lockless within one CPU, wait-free for its reader, never reading
 * shared memory. The rules (in capitals below) are explained in PROTOCOL.md.
 */
#include "ivring_ring.h"

#define PAD_MASK	((u64)IVRING_RECORD_ALIGN - 1)
#define RECORD_BYTES	((u32)sizeof(struct ivring_record))
#define BLOCK_HEADER	((u32)sizeof(struct ivring_block))

/* A claimed place for one record. */
struct claim {
	u64 start;		/* position of the record header */
	u64 prev;		/* position and ... */
	u32 prev_pad;		/* ... padding of what was claimed before */
	u64 block;		/* block of @start */
	u64 seq;
	u64 ts;
	u64 dropped;		/* drops before this record was claimed */
	bool opens;		/* the record is the first of its block */
};

static __always_inline u64 block_bytes(const struct ivring_ring *r)
{
	return 1ULL << r->block_shift;
}

/* The nearest value at or above @base whose low half is @low. */
static __always_inline u64 extend(u32 low, u64 base)
{
	return base + (u32)(low - (u32)base);
}

static __always_inline u64 position_of(u64 commit)
{
	return commit & ~PAD_MASK;
}

/* Block of the last committed byte; positions start at 1 * block_bytes. */
static __always_inline u64 commit_block(const struct ivring_ring *r, u64 commit)
{
	return (position_of(commit) - 1) >> r->block_shift;
}

static __always_inline u64 pack_state(u64 position, u32 pad, u64 seq)
{
	return seq << 32 | (u32)position | pad;
}

static __always_inline u64 slot_of(const struct ivring_ring *r, u64 block)
{
	return block << 32 | (u32)(block % r->nr_blocks);
}

static __always_inline struct ivring_block *block_at(struct ivring_ring *r, u64 block)
{
	u64 hint = READ_ONCE(r->slot_hint);

	if (unlikely((u32)(hint >> 32) != (u32)block)) {
		hint = slot_of(r, block);
		WRITE_ONCE(r->slot_hint, hint);
	}
	return (struct ivring_block *)(r->data + ((u64)(u32)hint << r->block_shift));
}

/* Barrier (1): block numbers before everything else; pairs with the reader's (4). */
static __always_inline void number_barrier(const struct ivring_ring *r)
{
	if (unlikely(r->write_combining))
		wmb();
	else
		smp_wmb();
}

/* One more drop; an interrupt may count its own between load and store. */
static void count_drop(struct ivring_ring *r)
{
	u64 seen;

	do
		seen = READ_ONCE(r->dropped);
	while (ivring_cmpxchg_local(&r->dropped, seen, seen + 1) != seen);
}

/*
 * The time, clamped to what this ring has handed out. @last_ts is raised before
 * the place is claimed, so whoever claims behind this record sees it.
 */
static __always_inline u64 stamp(struct ivring_ring *r)
{
	u64 now, last;

	do {
		last = READ_ONCE(r->last_ts);
		if (r->clock_id == IVRING_CLOCK_MONOTONIC)
			now = ivring_clock_monotonic();
		else if (r->clock_id == IVRING_CLOCK_TSC)
			now = ivring_clock_tsc();
		else
			now = 0;
		if (unlikely(now <= last))
			return last;
	} while (unlikely(ivring_cmpxchg_local(&r->last_ts, last, now) != last));
	return now;
}

static __always_inline void enter(struct ivring_ring *r)
{
	WRITE_ONCE(r->nest, r->nest + 1);
	barrier(); /* nest before commit and state are read */
}

/* ENSURE RULE: number all blocks up to @block before any other store. */
static __always_inline void ensure_numbers(struct ivring_ring *r, u64 commit, u64 block)
{
	u64 x = commit_block(r, commit) + 1;

	if (likely(x > block))
		return;
	for (; x <= block; x++)
		WRITE_ONCE(block_at(r, x)->packet_seq_num, cpu_to_le64(x));
	number_barrier(r);
}

/* FIELD OWNERSHIP: the closing half of a block header. */
static void close_block(struct ivring_ring *r, u64 block, u64 content_bytes,
			const struct claim *c)
{
	struct ivring_block *h = block_at(r, block);

	h->content_size = cpu_to_le32((u32)content_bytes * 8);
	h->timestamp_end = cpu_to_le64(c->ts);
	h->events_discarded = cpu_to_le64(c->dropped);
}

/* FIELD OWNERSHIP: the opening half; packet_seq_num is there already. */
static void open_block(struct ivring_ring *r, u64 block, u64 first_seq, u64 ts)
{
	struct ivring_block *h = block_at(r, block);

	h->magic = cpu_to_le32(IVRING_BLOCK_MAGIC);
	h->stream_id = cpu_to_le32(r->kind);
	h->timestamp_begin = cpu_to_le64(ts);
	h->packet_size = cpu_to_le32((u32)block_bytes(r) * 8);
	h->first_seq = cpu_to_le64(first_seq);
	h->cpu_id = cpu_to_le32(r->cpu);
	h->epoch = cpu_to_le32(r->epoch);
}

static __always_inline void *write_header(struct ivring_ring *r, const struct claim *c,
					  u16 id, u32 len)
{
	u8 *block = (u8 *)block_at(r, c->block);
	struct ivring_record *h = (void *)(block + (c->start & (block_bytes(r) - 1)));

	h->timestamp = cpu_to_le64(c->ts);
	h->id = cpu_to_le16(id);
	h->len = cpu_to_le16((u16)len);
	h->seq = cpu_to_le32((u32)c->seq);
	return h + 1;
}

void *ivring_ring_reserve(struct ivring_ring *r, u16 id, u32 len, u32 *seq)
{
	const u32 bytes = ALIGN(RECORD_BYTES + len, IVRING_RECORD_ALIGN);
	const u32 pad = bytes - RECORD_BYTES - len;
	struct claim c;
	u64 commit, state, offset;

	enter(r);
	commit = r->commit; /* stable while nest > 0 */
	if (unlikely(len > r->max_payload))
		goto drop;
	do {
		state = READ_ONCE(r->state);
		c.ts = stamp(r); /* after the state, or time could run backwards */
		c.dropped = READ_ONCE(r->dropped); /* likewise */
		c.prev = extend((u32)state & ~(u32)PAD_MASK, position_of(commit));
		c.prev_pad = state & PAD_MASK;
		offset = c.prev & (block_bytes(r) - 1);
		c.block = c.prev >> r->block_shift;
		c.start = c.prev;
		/* offset 0: the block before is exactly full */
		c.opens = offset == 0 || offset + bytes > block_bytes(r);
		if (unlikely(c.opens)) {
			c.block += offset != 0;
			c.start = (c.block << r->block_shift) + BLOCK_HEADER;
			/* DROP RULE: never lap what is not committed */
			if (unlikely(c.block >= commit_block(r, commit) + r->nr_blocks))
				goto drop;
		}
	} while (unlikely(ivring_cmpxchg_local(&r->state, state,
			  pack_state(c.start + bytes, pad, (state >> 32) + 1)) != state));

	c.seq = extend((u32)(state >> 32), r->commit_seq);
	ensure_numbers(r, commit, c.block);
	if (unlikely(c.opens)) {
		close_block(r, c.block - 1, c.prev - c.prev_pad -
			    ((c.block - 1) << r->block_shift), &c);
		open_block(r, c.block, c.seq, c.ts);
	}
	if (seq)
		*seq = (u32)c.seq;
	return write_header(r, &c, id, len);

drop:
	count_drop(r);
	ivring_ring_commit(r);
	return NULL;
}

/*
 * Only the outermost publishes, and looks again after it let go: a record
 * nested between its look and nest = 0 would stay unpublished otherwise.
 */
void ivring_ring_commit(struct ivring_ring *r)
{
	u64 state, dropped, commit;

	barrier(); /* the record before nest goes down */
	if (r->nest > 1) {
		WRITE_ONCE(r->nest, r->nest - 1);
		return;
	}
	for (;;) {
		state = READ_ONCE(r->state);
		dropped = READ_ONCE(r->dropped);
		/* Private before shared: whoever takes over must not go back. */
		r->commit_seq = extend((u32)(state >> 32), r->commit_seq);
		commit = extend((u32)state & ~(u32)PAD_MASK, position_of(r->commit)) |
			 (state & PAD_MASK);
		WRITE_ONCE(r->commit, commit);
		barrier();
		WRITE_ONCE(r->live->drops, cpu_to_le64(dropped));
		WRITE_ONCE(r->live->commit_seq, cpu_to_le64(r->commit_seq));
		if (unlikely(r->write_combining))
			wmb(); /* drain the buffers: the data before (2) */
		/* (2) after all data; pairs with the reader's load-acquire (3) */
		smp_store_release(&r->live->commit, cpu_to_le64(commit));
		if (unlikely(r->write_combining))
			wmb(); /* and (2) itself must leave the buffer */
		barrier();
		WRITE_ONCE(r->nest, 0);
		barrier();
		if (likely(READ_ONCE(r->state) == state && READ_ONCE(r->dropped) == dropped))
			return;
		WRITE_ONCE(r->nest, 1);
		barrier();
	}
}

static int write_parts(struct ivring_ring *r, u16 id, const u8 *buf, u32 size)
{
	const u32 most = r->max_payload - (u32)sizeof(struct ivring_part);
	u32 first_seq = 0, seq, done, bytes;
	struct ivring_part *part;

	for (done = 0; done < size; done += bytes) {
		bytes = min_t(u32, size - done, most);
		part = ivring_ring_reserve(r, IVRING_ID_PART, (u32)sizeof(*part) + bytes, &seq);
		if (!part)
			return done ? (int)done : -ENOBUFS;
		if (!done)
			first_seq = seq;
		part->first_seq = cpu_to_le32(first_seq);
		part->offset_bytes = cpu_to_le32(done);
		part->total_bytes = cpu_to_le32(size);
		part->id = cpu_to_le16(id);
		part->data_bytes = cpu_to_le16((u16)bytes);
		memcpy(part + 1, buf + done, bytes);
		ivring_ring_commit(r);
	}
	return (int)done;
}

int ivring_ring_write(struct ivring_ring *r, u16 id, const void *buf, size_t size)
{
	void *payload;

	size = min_t(size_t, size, IVRING_MESSAGE_BYTES_MAX);
	if (unlikely(size > r->max_payload))
		return write_parts(r, id, buf, (u32)size);
	payload = ivring_ring_reserve(r, id, (u32)size, NULL);
	if (unlikely(!payload))
		return -ENOBUFS;
	memcpy(payload, buf, size);
	ivring_ring_commit(r);
	return (int)size;
}

static void set_position(struct ivring_ring *r, u64 commit, u64 seq, u64 dropped)
{
	r->commit = commit;
	r->commit_seq = seq;
	r->state = pack_state(position_of(commit), commit & PAD_MASK, seq);
	r->dropped = dropped;
	r->last_ts = 0;
	r->nest = 0;
	r->slot_hint = slot_of(r, position_of(commit) >> r->block_shift);
	/* Two records of the largest size fill a block; less than a third is ever wasted. */
	r->max_payload = ((((u32)block_bytes(r) - BLOCK_HEADER) / 2) & ~(u32)PAD_MASK) -
			 RECORD_BYTES;
}

void ivring_ring_start(struct ivring_ring *r)
{
	/* Block 1: zeroed memory must never look like a block in use. */
	set_position(r, block_bytes(r), 0, 0);
	memset(r->live, 0, sizeof(*r->live));
	WRITE_ONCE(r->live->commit, cpu_to_le64(r->commit));
}

bool ivring_ring_adopt(struct ivring_ring *r)
{
	u64 commit = le64_to_cpu(READ_ONCE(r->live->commit));
	u64 seq = le64_to_cpu(READ_ONCE(r->live->commit_seq));
	u64 dropped = le64_to_cpu(READ_ONCE(r->live->drops));
	u64 block, content;

	if (commit < block_bytes(r) || commit >= IVRING_POSITION_LIMIT ||
	    seq >= IVRING_POSITION_LIMIT || dropped >= IVRING_POSITION_LIMIT)
		return false;
	set_position(r, commit, seq, dropped);
	if (position_of(commit) == block_bytes(r)) /* nothing was ever committed */
		return (commit & PAD_MASK) == 0;
	block = commit_block(r, commit);
	content = position_of(commit) - (block << r->block_shift);
	if (content < BLOCK_HEADER + RECORD_BYTES)
		return false;
	return le64_to_cpu(READ_ONCE(block_at(r, block)->packet_seq_num)) == block;
}

void ivring_ring_takeover(struct ivring_ring *r, u32 reason)
{
	const u32 len = sizeof(struct ivring_takeover);
	const u32 bytes = RECORD_BYTES + len;
	struct ivring_takeover *marker;
	u64 commit, last, state, x;
	struct claim c;

	WRITE_ONCE(r->nest, 1);
	barrier(); /* before the commit is read: an NMI may publish until then */
	commit = r->commit;
	last = commit_block(r, commit);
	do {
		state = READ_ONCE(r->state);
		c.ts = stamp(r);
		c.dropped = READ_ONCE(r->dropped);
		c.prev = extend((u32)state & ~(u32)PAD_MASK, position_of(commit));
		/* The drop rule is waived: those it protects never resume. */
		c.block = ((c.prev - 1) >> r->block_shift) + 1;
		c.start = (c.block << r->block_shift) + BLOCK_HEADER;
	} while (ivring_cmpxchg_local(&r->state, state,
		 pack_state(c.start + bytes, 0, (state >> 32) + 1)) != state);

	c.seq = extend((u32)(state >> 32), r->commit_seq);
	ensure_numbers(r, commit, c.block);
	close_block(r, last, position_of(commit) - (commit & PAD_MASK) -
		    (last << r->block_shift), &c);
	/* What lies between was claimed only: complete, empty blocks. */
	for (x = last + 1; x < c.block; x++) {
		open_block(r, x, c.seq, c.ts);
		close_block(r, x, BLOCK_HEADER, &c);
	}
	open_block(r, c.block, c.seq, c.ts);
	marker = write_header(r, &c, IVRING_ID_TAKEOVER, len);
	marker->reason = cpu_to_le32(reason);
	marker->epoch = cpu_to_le32(r->epoch);
	ivring_ring_commit(r);
}
