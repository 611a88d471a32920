// SPDX-License-Identifier: GPL-2.0-only
/*
 * The writer: lockless within one CPU, wait-free for its reader. Of shared memory it
 * reads only what the host stores: how far a consumer has come, and whether the doorbell
 * is armed. PROTOCOL.md explains the rules (in capitals below).
 */
#include "usual.h"

static __always_inline void enter(struct ivring_ring *r)
{
	WRITE_ONCE(r->nest, r->nest + 1);
	/*
	 * MO(enter:A) pairs with ivring_ring_commit:B. If a writer that interrupts behind
	 * this reads at ivring_ring_commit:B the nest that was raised, it does not publish: so
	 * the commit that is read from here on stands until this writer has published.
	 */
	barrier();
}

/* Counts a drop; an interrupt may count its own between load and exchange. */
static void count_drop(struct ivring_ring *r)
{
	u64 seen;

	do
		seen = READ_ONCE(r->dropped);
	while (!ivring_exchange_local(&r->dropped, seen, seen + 1));
}

/*
 * LOSSLESS RULE: finds out whether block @block would take the place of something that is
 * not consumed. The consumer's words are the host's: each is loaded once, and can do no
 * more than refuse a block.
 */
static bool is_unread(const struct ivring_ring *r, u64 block)
{
	u64 position;

	/*
	 * MO(is_unread:A) pairs with HostPage.consume:B. If it reads the session that
	 * HostPage.consume:B stores, then is_unread:B reads a position of that session.
	 */
	if (likely(!r->host) || READ_ONCE(r->overwrite) ||
	    le64_to_cpu(virt_load_acquire(&r->host->session_id)) != r->session_id)
		return false;
	/*
	 * MO(is_unread:B) pairs with HostPage.consume:A. If it reads the position that
	 * HostPage.consume:A stores, the consumer's copies of what lies before that position
	 * are over before anything is stored in its place.
	 */
	position = le64_to_cpu(virt_load_acquire(&r->consumer->position));
	return ((block + 1) << r->block_shift) - position > r->ring_bytes;
}

/* Finds the place of a record behind what @state has claimed, in a block with @room bytes. */
static __always_inline void find_place(const struct ivring_ring *r, u64 commit, u64 state,
				       u32 room, struct claim *c)
{
	u64 offset;

	c->prev = extend((u32)state & ~(u32)PAD_MASK, position_of(commit));
	c->prev_pad = state & PAD_MASK;
	offset = c->prev & (block_bytes(r) - 1);
	c->block = c->prev >> r->block_shift;
	c->start = c->prev;
	/* offset 0: the block before is exactly full */
	c->opens = offset == 0 || offset + room > block_bytes(r);
	if (unlikely(c->opens)) {
		c->block += offset != 0;
		c->start = (c->block << r->block_shift) + BLOCK_HEADER;
	}
}

/* Finds out whether block @block must not be opened; @commit is the private commit. */
static bool is_refused(const struct ivring_ring *r, u64 commit, u64 block)
{
	/* DROP RULE: never lap what is not committed */
	return block >= commit_block(r, commit) + r->nr_blocks || is_unread(r, block);
}

/* The task that writes an event. */
struct who {
	struct ivring_task_slot *slot;
	const void *comm;
	u64 ids;
};

static __always_inline struct ivring_task_slot *slot_of(struct ivring_ring *r, u64 ids)
{
	/* As bytes: compilers shift and mask once for this, and twice for an index. */
	return (void *)((u8 *)r->tasks + ids * sizeof(*r->tasks) % sizeof(r->tasks));
}

static __always_inline u64 end_of(const struct ivring_ring *r, u64 block)
{
	return (block + 1) << r->block_shift;
}

/*
 * Claims any record, after enter(), in a block that has room for @behind bytes behind it.
 * If it drops the record, it also leaves again. If @who is not NULL and not named in that
 * block, it claims nothing, stays, and says so in @c.
 */
static void *claim_any(struct ivring_ring *r, u32 id, u32 len, u32 behind,
		       const struct who *who, struct claim *c)
{
	const u32 bytes = (u32)record_bytes(len);
	const u32 pad = bytes - RECORD_BYTES - len;
	const u64 commit = r->commit; /* stable while nest > 0 */
	struct ivring_block *at;
	u64 state;

	c->unnamed = false;

	if (unlikely(len > r->max_payload))
		goto drop;
	do {
		state = READ_ONCE(r->state);
		c->ts = stamp(r); /* after the state, or time could run backwards */
		c->dropped = READ_ONCE(r->dropped); /* after the state, too */
		find_place(r, commit, state, bytes + behind, c);
		if (unlikely(c->opens && is_refused(r, commit, c->block)))
			goto drop;
		if (who && !ivring_task_is_named(who->slot, who->ids, who->comm,
						 end_of(r, c->block))) {
			c->unnamed = true;
			return NULL;
		}
	} while (unlikely(!ivring_exchange_local(&r->state, state,
			  pack_state(c->start + bytes, pad, (state >> 32) + 1))));

	c->seq = extend((u32)(state >> 32), r->commit_seq);
	at = block_at(r, c->block);
	ensure_numbers(r, commit, c->block, at);
	if (unlikely(c->opens)) {
		close_block(block_before(r, at), c->prev - c->prev_pad -
			    ((c->block - 1) << r->block_shift), c);
		open_block(r, at, c->seq, c->ts);
	}
	return write_claimed(r, at, c, id, len);

drop:
	count_drop(r);
	ivring_ring_commit(r);
	return NULL;
}

void *ivring_ring_reserve(struct ivring_ring *r, u32 id, u32 len, u32 *seq)
{
	struct claim c;
	void *payload;

	enter(r);
	payload = claim_any(r, id, len, 0, NULL, &c);
	if (payload && seq)
		*seq = (u32)c.seq;
	return payload;
}

bool ivring_ring_has_room(const struct ivring_ring *r, u32 len)
{
	const u32 bytes = (u32)record_bytes(len);
	struct claim c;

	find_place(r, r->commit, READ_ONCE(r->state), bytes, &c);
	return !c.opens || !is_refused(r, r->commit, c.block);
}

/*
 * MO(must_ring:A) pairs with HostPage.arm:C, on purpose without a full barrier between
 * publish:B and this look, which would cost more than the record. So a host that arms
 * just now may miss the commit, while this look misses the arming: the next record rings.
 */
static __always_inline bool must_ring(const struct ivring_ring *r)
{
	return r->bell && ivring_doorbell_is_armed(r->bell);
}

/*
 * Only the outermost writer publishes. A nested one leaves a mark, for which the outermost
 * looks after it has left the ring; without that, a record that nested just before would
 * stay unpublished.
 */
void ivring_ring_commit(struct ivring_ring *r)
{
	const u64 before = r->commit;
	u64 state, commit;

	/*
	 * MO(ivring_ring_commit:A) pairs with ivring_ring_takeover:A. If a takeover reads
	 * behind that the private commit that publish() stores, or finds by the nest that
	 * this writer has left, the record is whole: the caller has stored it before this.
	 */
	barrier();
	/*
	 * MO(ivring_ring_commit:B) pairs with enter:A, enter_usual:B, publish:C and
	 * ivring_ring_takeover:A. If it reads a nest that an interrupted writer has raised,
	 * that one relies on its commit, and nothing is published here.
	 */
	if (r->nest > 1) {
		WRITE_ONCE(r->after, after_nobody(r) | IVRING_AFTER_NESTED);
		/*
		 * MO(ivring_ring_commit:C) pairs with publish:D and ivring_ring_commit:D. The
		 * outermost goes on once this has returned. If it finds the mark behind
		 * publish:D, it reads behind ivring_ring_commit:D the state that is left here.
		 */
		barrier();
		WRITE_ONCE(r->nest, r->nest - 1);
		return;
	}
	do {
		WRITE_ONCE(r->nest, 1);
		WRITE_ONCE(r->after, after_nobody(r));
		/*
		 * MO(ivring_ring_commit:D) pairs with ivring_ring_commit:C. If the state or
		 * the drops read below are without those of a nested writer, its mark comes
		 * behind the clearing above, and the look at the end of the loop finds it.
		 */
		barrier();
		state = READ_ONCE(r->state);
		commit = extend((u32)state & ~(u32)PAD_MASK, position_of(r->commit)) |
			 (state & PAD_MASK);
		if (unlikely(position_of(commit) > r->block_end))
			set_block_end(r, commit);
		WRITE_ONCE(r->live->drops, cpu_to_le64(READ_ONCE(r->dropped)));
		publish(r, commit, extend((u32)(state >> 32), r->commit_seq), true);
	} while (unlikely(READ_ONCE(r->after) & IVRING_AFTER_NESTED));
	if (must_ring(r))
		ivring_doorbell_notice(r, before);
}

void ivring_ring_after(struct ivring_ring *r, u64 commit, size_t size)
{
	if (READ_ONCE(r->after) & IVRING_AFTER_NESTED)
		ivring_ring_commit(r);
	else if (must_ring(r))
		ivring_doorbell_notice(r, position_of(commit) - record_bytes(size));
}

void ivring_ring_refuse(struct ivring_ring *r)
{
	enter(r);
	count_drop(r);
	ivring_ring_commit(r);
}

u64 ivring_ring_needs(const struct ivring_ring *r, size_t size)
{
	const u64 head = RECORD_BYTES + sizeof(struct ivring_part) + PAD_MASK + BLOCK_HEADER;
	const u64 most = r->max_payload - sizeof(struct ivring_part);
	const u64 all = min_t(u64, size, IVRING_MESSAGE_BYTES_MAX);

	return size <= r->max_payload ? record_bytes(size) + BLOCK_HEADER :
					all + (all / most + 1) * head;
}

static int write_parts(struct ivring_ring *r, u32 id, const u8 *buf, size_t all)
{
	const u32 size = (u32)min_t(size_t, all, IVRING_MESSAGE_BYTES_MAX);
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
		part->id = cpu_to_le16((u16)id);
		part->data_bytes = cpu_to_le16((u16)bytes);
		memcpy(part + 1, buf + done, bytes);
		ivring_ring_commit(r);
	}
	return (int)done;
}

int ivring_ring_write_inside(struct ivring_ring *r, u32 id, const void *buf, size_t size)
{
	struct claim c;
	void *payload = claim_any(r, id, (u32)size, 0, NULL, &c);

	if (unlikely(!payload))
		return -ENOBUFS;
	memcpy(payload, buf, size);
	ivring_ring_commit(r);
	return (int)size;
}

static noinline int write_unusual(struct ivring_ring *r, u32 id, const void *buf, size_t size)
{
	if (size > r->max_payload)
		return write_parts(r, id, buf, size);
	enter(r);
	return ivring_ring_write_inside(r, id, buf, size);
}

int ivring_ring_write(struct ivring_ring *r, u32 id, const void *buf, size_t size)
{
	if (unlikely(!enter_usual(r, size)))
		return write_unusual(r, id, buf, size);
	if (unlikely(!write_usual(r, id, buf, size)))
		return ivring_ring_write_inside(r, id, buf, size);
	return (int)size;
}

/*
 * Records the name of @who in the block of the next record, which takes @behind bytes.
 * Returns false if there is no room for both. If it can be seen in time, no drop of a name
 * is counted, because the next record may still find room, or is dropped and counted.
 */
static bool write_name(struct ivring_ring *r, const struct who *who, u32 behind)
{
	struct ivring_task_slot *slot = who->slot;
	struct ivring_task *task;
	u64 comm[2];
	struct claim c;

	if (!ivring_ring_has_room(r, (u32)sizeof(*task) + behind))
		return false;
	enter(r);
	task = claim_any(r, IVRING_ID_TASK, sizeof(*task), behind, NULL, &c);
	if (!task)
		return false;
	memcpy(comm, who->comm, sizeof(comm));
	task->pid = cpu_to_le32((u32)who->ids);
	task->tgid = cpu_to_le32((u32)(who->ids >> 32));
	memcpy(task->comm, comm, sizeof(task->comm));
	task->comm[sizeof(task->comm) - 1] = 0;
	ivring_ring_commit(r);
	/*
	 * What interrupts these stores is the same task, which may be named once more. It
	 * never relies on a name that is not there: the slot holds the block of this name, or
	 * one before it, where no further event will lie.
	 */
	slot->ids = who->ids;
	slot->comm[0] = comm[0];
	slot->comm[1] = comm[1];
	WRITE_ONCE(slot->end, end_of(r, c.block));
	return true;
}

/* Writes any event that fits into one record, behind the name; the caller has entered. */
static noinline int write_named(struct ivring_ring *r, const struct who *who, u32 id,
				const void *buf, size_t size)
{
	struct claim c;
	void *payload;

	/* Once more only if an interrupt has filled the block that was to have both. */
	do {
		payload = claim_any(r, id, (u32)size, 0, who, &c);
		if (c.unnamed && !write_name(r, who, (u32)record_bytes(size)))
			who = NULL;
	} while (c.unnamed);
	if (!payload)
		return -ENOBUFS;
	memcpy(payload, buf, size);
	ivring_ring_commit(r);
	return (int)size;
}

/* Writes any event, which is longer than usual, or interrupts another writer. */
static noinline int write_event_unusual(struct ivring_ring *r, u64 ids, const void *comm,
					u32 id, const void *buf, size_t size)
{
	const struct who who = { slot_of(r, ids), comm, ids };

	if (size > r->max_payload)
		return write_parts(r, id, buf, size);
	enter(r);
	return write_named(r, &who, id, buf, size);
}

/* Writes any event of a task that is not named in this block; the caller has entered. */
static noinline int write_event_unnamed(struct ivring_ring *r, u64 ids, const void *comm,
					u32 id, const void *buf, size_t size)
{
	const struct who who = { slot_of(r, ids), comm, ids };

	return write_named(r, &who, id, buf, size);
}

/* Writes any event of the task that is in @slot; the caller has entered. */
static noinline int write_event_named(struct ivring_ring *r, struct ivring_task_slot *slot,
				      u32 id, const void *buf, size_t size)
{
	const struct who who = { slot, slot->comm, slot->ids };

	return write_named(r, &who, id, buf, size);
}

/*
 * The name is looked for before the clock is read, which is a call in kernels: what is known
 * of the task is in its slot then, so that fewer values are kept over the call. The look
 * serves, since the exchange fails if anybody has claimed a place in the meantime.
 */
int ivring_ring_write_event(struct ivring_ring *r, u64 ids, const void *comm, u32 id,
			    const void *buf, size_t size)
{
	struct ivring_task_slot *slot = slot_of(r, ids);

	if (unlikely(!enter_usual(r, size)))
		return write_event_unusual(r, ids, comm, id, buf, size);
	if (unlikely(!ivring_task_is_named(slot, ids, comm, r->block_end)))
		return write_event_unnamed(r, ids, comm, id, buf, size);
	if (unlikely(!write_usual(r, id, buf, size)))
		return write_event_named(r, slot, id, buf, size);
	return (int)size;
}
