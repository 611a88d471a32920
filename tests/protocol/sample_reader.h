/* SPDX-License-Identifier: MIT */
/* The smallest correct reader of one ring. PROTOCOL.md shows what follows, and a test runs it. */
#include "../guest/check.h"

struct sample_reader {
	const u8 *data;				/* slot 0, in the region */
	const struct ivring_ring_live *live;	/* in the region */
	const struct ivring_region_header *header;	/* in the region */
	u64 session_id;				/* this and the ring's geometry were validated */
	u32 block_bytes, nr_blocks, kind, cpu;
	u64 cursor, expected;	/* position and sequence of the next record; 0 at first */
	u64 time;		/* of the last record read in this block */
	u64 lost, corrupt;
	u8 *copy;		/* private memory for one block, aligned to 8 */
	void (*deliver)(u64 seq, const struct ivring_record *record, const void *payload);
};

/* Returns false if the block was overwritten before the copy was complete. */
static bool copy_block(struct sample_reader *r, u64 block, u64 bytes)
{
	const u8 *slot = r->data + block % r->nr_blocks * r->block_bytes;

	memcpy(r->copy, slot, bytes);
	virt_rmb();	/* RingReader.drain:A: the copy before the check */
	return READ_ONCE(((const struct ivring_block *)slot)->packet_seq_num) == block &&
	       READ_ONCE(r->header->session_id) == r->session_id;
}

/* Takes the records of the copy, whose content ends at @end. Returns false if it is corrupt. */
static bool take_block(struct sample_reader *r, u64 end)
{
	const struct ivring_block *block = (const void *)r->copy;
	const struct ivring_record *record;
	u64 at = r->cursor % r->block_bytes, stop;

	if (block->magic != IVRING_BLOCK_MAGIC || block->stream_id != r->kind ||
	    block->cpu_id != r->cpu || block->packet_size != r->block_bytes * 8 ||
	    block->first_seq >= IVRING_POSITION_LIMIT ||
	    end < sizeof(*block) || end > r->block_bytes)
		return false;
	if (at == 0) {	/* from its beginning */
		if (block->first_seq > r->expected)
			r->lost += block->first_seq - r->expected;
		r->expected = block->first_seq;
		r->time = 0;
		at = sizeof(*block);
	}
	for (stop = end; at < end; at = ALIGN(stop, (u64)IVRING_RECORD_ALIGN)) {
		record = (const void *)(r->copy + at);
		stop = at + sizeof(*record);
		if (stop > end || stop + record->len > end || record->id == 0 ||
		    record->seq != (u32)r->expected || record->timestamp < r->time)
			return false;
		stop += record->len;
		r->time = record->timestamp;
		r->deliver(r->expected++, record, record + 1);
	}
	return stop == end;
}

/* Reads all that is committed now. */
static void read_ring(struct sample_reader *r)
{
	const u64 commit = virt_load_acquire(&r->live->commit);	/* RingReader.loadCommit:A */
	const u64 size = r->block_bytes, P = commit & ~7ull, B = (P - 1) / size;
	const u64 oldest = B >= r->nr_blocks ? B - r->nr_blocks + 1 : 1;

	if (commit < size || commit >= IVRING_POSITION_LIMIT)
		return;
	if (r->cursor < oldest * size)
		r->cursor = oldest * size;
	while (r->cursor < P) {
		const u64 block = r->cursor / size;
		const bool closed = P > (block + 1) * size;
		bool good = copy_block(r, block, closed ? size : P - block * size);
		u64 end = P - (commit & 7) - block * size;

		if (good) {
			if (closed)
				end = ((const struct ivring_block *)r->copy)->content_size / 8;
			good = take_block(r, end);
			r->corrupt += !good;
		}
		/* What was not taken shows in the next block's first sequence. */
		r->cursor = closed || !good ? (block + 1) * size : P;
	}
}
