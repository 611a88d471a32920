// SPDX-License-Identifier: MIT
/* Provides memory, random numbers and payloads for the C tests. */
#include <sys/mman.h>
#include <unistd.h>
#include "check.h"

#define GUARD_BYTES	65536u
#define KEY_STEP	0x9e3779b1u

void *check_map(size_t bytes)
{
	u8 *p = mmap(NULL, bytes + 2 * GUARD_BYTES, PROT_NONE,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	CHECK(p != MAP_FAILED);
	CHECK(mprotect(p + GUARD_BYTES, bytes, PROT_READ | PROT_WRITE) == 0);
	return p + GUARD_BYTES;
}

void check_unmap(void *p, size_t bytes)
{
	CHECK(munmap((u8 *)p - GUARD_BYTES, bytes + 2 * GUARD_BYTES) == 0);
}

u64 check_random(u64 *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

void check_message(void *payload, u32 bytes, u32 key)
{
	u8 *p = payload;
	u32 i, word;

	for (i = 0; i < bytes; i += 4) {
		word = cpu_to_le32(key + i / 4 * KEY_STEP);
		memcpy(p + i, &word, min_t(u32, bytes - i, 4));
	}
}

void check_fill(void *payload, u32 bytes, u32 seq)
{
	check_message(payload, bytes, seq * 0x85ebca6bu + 1);
}

void check_ring_init(struct ivring_ring *r, void *data, struct ivring_ring_live *live,
		     u32 block_bytes, u32 nr_blocks)
{
	memset(r, 0, sizeof(*r));
	r->clock_id = IVRING_CLOCK_TSC;
	r->block_shift = (u32)__builtin_ctz(block_bytes);
	r->nr_blocks = nr_blocks;
	r->epoch = 3;
	r->kind = IVRING_KIND_TRACE;
	r->cpu = 5;
	r->data = data;
	r->live = live;
	ivring_ring_start(r);
}
