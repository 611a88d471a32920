// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sets the position at which a writer begins: that of a new session, behind an earlier
 * writer of the session, or behind writers that never resume. PROTOCOL.md explains how,
 * and why.
 */
#include "claim.h"

static void set_position(struct ivring_ring *r, u64 commit, u64 seq, u64 dropped)
{
	r->commit = commit;
	r->commit_seq = seq;
	r->state = pack_state(position_of(commit), commit & PAD_MASK, seq);
	r->dropped = dropped;
	r->last_ts = 0;
	r->nest = 0;
	r->after = after_nobody(r);
	memset(r->tasks, 0, sizeof(r->tasks));
	r->ring_bytes = (u64)r->nr_blocks << r->block_shift;
	set_block_end(r, commit);
	/* Two records of the largest size fill a block; at most half of a block is wasted. */
	r->max_payload = ((((u32)block_bytes(r) - BLOCK_HEADER) / 2) & ~(u32)PAD_MASK) -
			 RECORD_BYTES;
	r->usual_payload = r->write_combining ? 0 : r->max_payload;
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
	struct ivring_block *at;
	u64 commit, last, state, x;
	struct claim c;

	WRITE_ONCE(r->nest, 1);
	/*
	 * MO(ivring_ring_takeover:A) pairs with ivring_ring_commit:A, ivring_ring_commit:B,
	 * enter_usual:A, write_usual:A and publish:A. If an
	 * NMI behind this reads the nest stored above, it does not publish, so that the commit
	 * read below stands; until then it may. What that commit covers is whole, and no host
	 * has read a later one.
	 */
	barrier();
	commit = r->commit;
	last = commit_block(r, commit);
	do {
		state = READ_ONCE(r->state);
		c.ts = stamp(r);
		c.dropped = READ_ONCE(r->dropped);
		c.prev = extend((u32)state & ~(u32)PAD_MASK, position_of(commit));
		/* The drop rule does not apply: the writers that it protects never resume. */
		c.block = ((c.prev - 1) >> r->block_shift) + 1;
		c.start = (c.block << r->block_shift) + BLOCK_HEADER;
	} while (!ivring_exchange_local(&r->state, state,
					pack_state(c.start + bytes, 0, (state >> 32) + 1)));

	c.seq = extend((u32)(state >> 32), r->commit_seq);
	at = block_at(r, c.block);
	ensure_numbers(r, commit, c.block, at);
	close_block(block_at(r, last), position_of(commit) - (commit & PAD_MASK) -
		    (last << r->block_shift), &c);
	/* The blocks between were only claimed: make complete, empty blocks of them. */
	for (x = last + 1; x < c.block; x++) {
		open_block(r, block_at(r, x), c.seq, c.ts);
		close_block(block_at(r, x), BLOCK_HEADER, &c);
	}
	open_block(r, at, c.seq, c.ts);
	marker = write_claimed(r, at, &c, IVRING_ID_TAKEOVER, len);
	marker->reason = cpu_to_le32(reason);
	marker->epoch = cpu_to_le32(r->epoch);
	ivring_ring_commit(r);
}
