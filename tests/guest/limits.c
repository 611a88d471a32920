// SPDX-License-Identifier: MIT
/* Prints the driver's limits for each size of a block, for PROTOCOL.md's tables. */
#include "check.h"

static u8 data[IVRING_BLOCKS_MIN * IVRING_BLOCK_BYTES_MAX];

int main(void)
{
	static struct ivring_ring_live live;
	static struct ivring_ring r;

	printf("live_offset %u\nhost_offset %u\n", IVRING_LIVE_OFFSET, IVRING_HOST_OFFSET);
	for (u32 bytes = IVRING_BLOCK_BYTES_MIN; bytes <= IVRING_BLOCK_BYTES_MAX; bytes *= 2) {
		const struct ivring_record *first = (void *)(data + bytes + sizeof(struct ivring_block));

		memset(data, 0, sizeof(data));
		check_ring_init(&r, data, &live, bytes, IVRING_BLOCKS_MIN);
		printf("payload_%u %u\n", bytes, r.max_payload);
		printf("part_%u %zu\n", bytes, r.max_payload - sizeof(struct ivring_part));
		/* A session begins with block 1, sequence 0, and no drops. */
		CHECK(live.commit == bytes && live.commit_seq == 0 && live.drops == 0);
		CHECK(ivring_ring_write(&r, TEST_ID, "x", 1) == 1);
		CHECK(first->id == TEST_ID && first->seq == 0 && first->len == 1);
		CHECK((live.commit & 7) == 7 && live.commit_seq == 1);
		/* Two of the largest records fill a block, and no record is larger. */
		check_ring_init(&r, data, &live, bytes, IVRING_BLOCKS_MIN);
		CHECK(ivring_ring_reserve(&r, TEST_ID, r.max_payload, NULL));
		ivring_ring_commit(&r);
		CHECK(ivring_ring_reserve(&r, TEST_ID, r.max_payload, NULL));
		ivring_ring_commit(&r);
		CHECK(live.commit == 2 * bytes && live.commit_seq == 2);
		CHECK(!ivring_ring_reserve(&r, TEST_ID, r.max_payload + 1, NULL));
	}
	return 0;
}
