/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The writer's short way, for the usual record, which is compiled into the functions that
 * record most: with calls and saved registers in between, a record would cost a quarter
 * more. PROTOCOL.md explains the rules (in capitals).
 */
#ifndef IVRING_USUAL_H
#define IVRING_USUAL_H

#include "claim.h"
#include "doorbell.h"

/* ring.c: what the short way leaves to functions */

/** ivring_ring_after() - see to @r->after, behind a record of @size bytes that made @commit */
void ivring_ring_after(struct ivring_ring *r, u64 commit, size_t size);
/** ivring_ring_write_inside() - do what ivring_ring_write() does, after enter_usual() */
int ivring_ring_write_inside(struct ivring_ring *r, u32 id, const void *buf, size_t size);

/*
 * Publishes if the mapping is write-combining: stores leave the CPU's buffers in any
 * order, and at any time, unless a barrier drains these buffers.
 */
static inline void release_combining(struct ivring_ring_live *live, u64 commit)
{
	/*
	 * MO(release_combining:A) pairs with RingReader.loadCommit:A. If that reads the commit
	 * stored below, the copy behind it reads every byte stored before this.
	 */
	wmb();
	/* MO(release_combining:B) pairs with RingReader.loadCommit:A, as publish:B does. */
	virt_store_release(&live->commit, cpu_to_le64(commit));
	/*
	 * MO(release_combining:C) has no pair. It makes the commit leave the buffer, or the
	 * host would see it only once later stores push it out.
	 */
	wmb();
}

/* PUBLICATION: publishes, and leaves the ring. @combining: whether the mapping may be that. */
static __always_inline void publish(struct ivring_ring *r, u64 commit, u64 seq,
				    const bool combining)
{
	struct ivring_ring_live *live = r->live;

	WRITE_ONCE(r->commit_seq, seq);
	WRITE_ONCE(r->commit, commit);
	/*
	 * MO(publish:A) pairs with ivring_ring_takeover:A. If a host has read the shared
	 * commit stored below, then a takeover reads behind ivring_ring_takeover:A the
	 * private one stored above, or a later one: what was published never goes back.
	 */
	barrier();
	WRITE_ONCE(live->commit_seq, cpu_to_le64(seq));
	/*
	 * MO(publish:B) pairs with RingReader.loadCommit:A, RingSource.mark:A and
	 * RingSource.oldest:A. If one of them reads the commit stored here, what is read behind
	 * it is every byte that this commit covers, and the commit_seq stored above, or else
	 * what was stored in their place later.
	 */
	if (combining && unlikely(r->write_combining))
		release_combining(live, commit);
	else
		virt_store_release(&live->commit, cpu_to_le64(commit));
	/*
	 * MO(publish:C) pairs with ivring_ring_commit:B and enter_usual:A. If a writer that
	 * interrupts finds there, by the nest stored below, that nobody is inside, it publishes
	 * by itself, and its commit is stored behind this one: so commit never goes back.
	 */
	barrier();
	WRITE_ONCE(r->nest, 0);
	/*
	 * MO(publish:D) pairs with ivring_ring_commit:C. If a writer that interrupted has
	 * read a nest from before the store above, it has left the mark, and the caller's look
	 * at the mark, which is behind this, finds it.
	 */
	barrier();
}

/*
 * Enters for the short way. Returns false, and has entered nothing, if another writer is
 * inside, if the record is none of the short way's, or if all of this ring are none.
 */
static __always_inline bool enter_usual(struct ivring_ring *r, size_t size)
{
	/* One comparison for what is empty, too, as that is less by one. */
	if (unlikely(size - 1 >= r->usual_payload))
		return false;
	/*
	 * MO(enter_usual:A) pairs with publish:C and ivring_ring_takeover:A. If it reads 0,
	 * the writers that were inside have published, and this one is the outermost; if not,
	 * this one is nested, and publishes nothing.
	 */
	if (unlikely(READ_ONCE(r->nest)))
		return false;
	WRITE_ONCE(r->nest, 1);
	/* MO(enter_usual:B) pairs with ivring_ring_commit:B, as enter:A does. */
	barrier();
	return true;
}

/*
 * Writes the usual record, after enter_usual(): everything claimed is committed, and the
 * record fits into the block that the commit is in. There is no block to number, to close
 * or to open, and nothing to drop. State, position and sequence are those of the commit,
 * which is stable while nest > 0: the exchange fails if anybody has claimed a place in
 * the meantime. The new commit is computed from the old one, too, because taking it from
 * the state would make each record wait for the one before. A writer that has nested
 * meanwhile has left the mark.
 *
 * Returns false, with nothing claimed, if the record is not, or no longer, such a one.
 */
static __always_inline bool write_usual(struct ivring_ring *r, u32 id, const void *buf,
					size_t size)
{
	const u64 ts = stamp(r);
	const u64 bytes = record_bytes(size);
	const u64 commit = r->commit, seq = r->commit_seq;
	const u64 start = position_of(commit), end = start + bytes;
	/* The padding is added: a position has no low bits. */
	const u64 next = end + (bytes - RECORD_BYTES - size);
	const u64 state = pack_state((u32)commit, 0, seq);
	void *payload;

	/* If the block is exactly full, the record does not fit either. */
	if (unlikely(end > r->block_end) ||
	    unlikely(!ivring_exchange_local(&r->state, state, pack_state(next, 0, seq + 1))))
		return false;
	payload = write_header((void *)(r->block_base + start), ts, id, (u32)size, seq);
	memcpy(payload, buf, size);
	/*
	 * MO(write_usual:A) pairs with ivring_ring_takeover:A. If a takeover reads behind
	 * that the private commit that publish() stores, the record is whole.
	 */
	barrier();
	publish(r, next, seq + 1, false);
	if (unlikely(READ_ONCE(r->after)))
		ivring_ring_after(r, next, size);
	return true;
}

#endif /* IVRING_USUAL_H */
