/* SPDX-License-Identifier: MIT */
/* The smallest correct writer of one ring. PROTOCOL.md shows what follows, and a test runs it. */
#include "../guest/check.h"

struct sample_writer {			/* private: the host does not see it */
	u8 *data;			/* slot 0, in the region */
	struct ivring_ring_live *live;	/* in the region */
	u32 block_bytes, nr_blocks, kind, cpu, epoch;
	u64 position;			/* where the next record goes; block_bytes at first */
	u64 pad;			/* padding behind the record before it */
	u64 seq;			/* sequence of the next record */
};

static void *slot_of(const struct sample_writer *w, u64 block)
{
	return w->data + block % w->nr_blocks * w->block_bytes;
}

/* Closes the block before @block, and opens this one for a record. */
static void turn_block(struct sample_writer *w, u64 block, u64 now)
{
	struct ivring_block *last = slot_of(w, block - 1), *next = slot_of(w, block);

	WRITE_ONCE(next->packet_seq_num, block);	/* ensure_numbers:A */
	virt_wmb();	/* number_barrier:B: the number before all else in the block */
	last->content_size = (u32)(w->position - w->pad - (block - 1) * w->block_bytes) * 8;
	last->timestamp_end = now;
	last->events_discarded = 0;	/* it never drops a record */
	next->magic = IVRING_BLOCK_MAGIC;
	next->stream_id = w->kind;
	next->timestamp_begin = now;
	next->packet_size = w->block_bytes * 8;
	next->first_seq = w->seq;
	next->cpu_id = w->cpu;
	next->epoch = w->epoch;
}

/* @len: up to block_bytes - 80, which fills a block; @now: never less than the time before. */
static void write_record(struct sample_writer *w, u64 now, u16 id, const void *payload, u16 len)
{
	const u64 bytes = ALIGN(sizeof(struct ivring_record) + len, (u64)IVRING_RECORD_ALIGN);
	const u64 offset = w->position % w->block_bytes;
	u64 block = w->position / w->block_bytes;
	struct ivring_record *record;

	/* Offset 0: the block before is exactly full, or this is the session's first record. */
	if (offset == 0 || offset + bytes > w->block_bytes) {
		block += offset != 0;
		turn_block(w, block, now);
		w->position = block * w->block_bytes + sizeof(struct ivring_block);
	}
	record = slot_of(w, block) + w->position % w->block_bytes;
	record->timestamp = now;
	record->id = id;
	record->len = len;
	record->seq = (u32)w->seq;
	memcpy(record + 1, payload, len);
	w->position += bytes;
	w->pad = bytes - sizeof(*record) - len;
	w->seq++;
	WRITE_ONCE(w->live->commit_seq, w->seq);
	virt_store_release(&w->live->commit, w->position | w->pad);	/* publish:B */
}
