// SPDX-License-Identifier: MIT
/*
 * Runs the real writer where its packed state word wraps, with position and sequence
 * at 2^32. The models leave this out, because their numbers never wrap.
 */
#include "../guest/check.h"

#define BLOCK_BYTES	4096u
#define NR_BLOCKS	4u
#define DATA_BYTES	(BLOCK_BYTES * NR_BLOCKS)
#define WRAP		(1ull << 32)
#define CONTENT_LEAST	((u32)(sizeof(struct ivring_block) + sizeof(struct ivring_record)))

static struct ivring_ring ring;
static struct ivring_ring_live *live;
static u8 *data;
static u64 records, positions_wrapped, sequences_wrapped, drops;

/* Starts a driver over a ring that an earlier one left at @commit and @seq. */
static void adopt_at(u64 commit, u64 seq)
{
	const u64 block = commit / BLOCK_BYTES;
	struct ivring_block *h;

	memset(data, 0, DATA_BYTES);
	check_ring_init(&ring, data, live, BLOCK_BYTES, NR_BLOCKS);
	h = (struct ivring_block *)(data + block % NR_BLOCKS * BLOCK_BYTES);
	h->packet_seq_num = cpu_to_le64(block);
	live->commit = cpu_to_le64(commit);
	live->commit_seq = cpu_to_le64(seq);
	CHECK(ivring_ring_adopt(&ring));
	ivring_ring_takeover(&ring, IVRING_TAKEOVER_BOOT);
}

/* Writes a record, and within it @depth more, each within the one before. */
static void write_nested(u32 len, u32 depth)
{
	u32 seq;
	void *payload = ivring_ring_reserve(&ring, TEST_ID, len, &seq);

	if (depth)
		write_nested(len, depth - 1);
	if (!payload) {
		drops++;
		return;
	}
	check_fill(payload, len, seq);
	ivring_ring_commit(&ring);
	records++;
}

/* Writes from just below the wrap to just beyond it; nothing may be lost or repeated. */
static void cross(u64 commit, u64 seq, u32 len, u32 depth)
{
	const u64 before = records;
	u64 from, last, last_seq;
	struct walk w;
	u32 blocks;

	adopt_at(commit, seq);
	from = live->commit / BLOCK_BYTES;
	while (live->commit < WRAP + 2 * BLOCK_BYTES) {
		last = live->commit;
		last_seq = live->commit_seq;
		write_nested(len, depth);
		CHECK(live->commit > last && live->commit_seq > last_seq);
	}
	CHECK(live->commit < WRAP + (3 + NR_BLOCKS) * BLOCK_BYTES);
	CHECK(live->commit_seq == seq + 1 + records - before, "%llu, not %llu",
	      (unsigned long long)live->commit_seq,
	      (unsigned long long)(seq + 1 + records - before));
	blocks = (u32)min_t(u64, NR_BLOCKS, (live->commit - 1) / BLOCK_BYTES - from + 1);
	check_ring_newest(&ring, data, live, blocks, &w);
	CHECK(w.next_seq == live->commit_seq && w.records == w.next_seq - w.first_seq);
	positions_wrapped++;
	sequences_wrapped += seq < WRAP && live->commit_seq >= WRAP;
}

int main(void)
{
	live = check_map(4096);
	data = check_map(DATA_BYTES);
	for (u32 back = 1; back <= NR_BLOCKS + 1; back++)
		for (u32 used = CONTENT_LEAST; used <= BLOCK_BYTES; used += 504)
			for (u32 seqs = 0; seqs < 48; seqs++)
				for (u32 depth = 0; depth < 10; depth += 1 + depth / 3)
					cross(WRAP - back * BLOCK_BYTES + used, WRAP - seqs,
					      depth % 2 ? 2000 : 613, depth);
	printf("records %llu\npositions_wrapped %llu\nsequences_wrapped %llu\ndrops %llu\n",
	       (unsigned long long)records, (unsigned long long)positions_wrapped,
	       (unsigned long long)sequences_wrapped, (unsigned long long)drops);
	return 0;
}
