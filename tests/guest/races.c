// SPDX-License-Identifier: MIT
/*
 * Runs, for the thread sanitizer, threads that own a ring each, and one that reads
 * them all. The writers wait for the reader, because no reader in C could read without
 * a race what is being overwritten. Usage: races RECORDS
 */
#include <pthread.h>
#include <sched.h>
#include "check.h"

#define NR_WRITERS	2
#define BLOCK_BYTES	4096u
#define NR_BLOCKS	8u
#define RING_BYTES	(BLOCK_BYTES * NR_BLOCKS)

static struct ivring_ring rings[NR_WRITERS];
static struct ivring_ring_live *live;
static u64 consumed[NR_WRITERS], records;

/* Makes writers wait for the reader; it orders reads before writes, not the reverse. */
static bool has_room(u32 i)
{
	return rings[i].commit - __atomic_load_n(&consumed[i], __ATOMIC_ACQUIRE) <
	       RING_BYTES - 3 * BLOCK_BYTES;
}

static void *write_ring(void *index)
{
	u32 i = (u32)(uintptr_t)index;
	u64 seed = 88172645463325252ull + i;

	while (rings[i].commit_seq < records) {
		u32 seq, len = (u32)(check_random(&seed) % 300);
		void *payload;

		if (!has_room(i)) {
			sched_yield();
			continue;
		}
		payload = ivring_ring_reserve(&rings[i], TEST_ID, len, &seq);
		CHECK(payload);
		check_fill(payload, len, seq);
		ivring_ring_commit(&rings[i]);
	}
	return NULL;
}

/* Sums all bytes from @from to @to, headers included: a torn or early read is a race. */
static u64 read_bytes(u32 i, u64 from, u64 to)
{
	u64 sum = 0;

	for (; from < to; from += 8) {
		u64 block = from / BLOCK_BYTES;

		sum += *(u64 *)(rings[i].data + block % NR_BLOCKS * BLOCK_BYTES +
				from % BLOCK_BYTES);
	}
	return sum;
}

static void *follow(void *unused)
{
	u64 cursor[NR_WRITERS], sum = 0, to;
	u32 done = 0;

	(void)unused;
	for (u32 i = 0; i < NR_WRITERS; i++)
		cursor[i] = BLOCK_BYTES;
	while (done < NR_WRITERS) {
		done = 0;
		for (u32 i = 0; i < NR_WRITERS; i++) {
			to = __atomic_load_n(&live[i].commit, __ATOMIC_ACQUIRE) & ~7ull;
			/* Read only records of the open block: its header is still written. */
			if (cursor[i] % BLOCK_BYTES == 0 && to > cursor[i])
				cursor[i] += sizeof(struct ivring_block);
			if (to / BLOCK_BYTES > cursor[i] / BLOCK_BYTES)
				to = (cursor[i] / BLOCK_BYTES + 1) * BLOCK_BYTES;
			sum += read_bytes(i, cursor[i], to);
			cursor[i] = to > cursor[i] ? to : cursor[i];
			/* Release, so that the reads are over when the writer reads it. */
			__atomic_store_n(&consumed[i], cursor[i], __ATOMIC_RELEASE);
			done += __atomic_load_n(&live[i].commit_seq, __ATOMIC_RELAXED) >= records;
		}
		sched_yield();
	}
	return (void *)(uintptr_t)sum;
}

int main(int argc, char **argv)
{
	pthread_t threads[NR_WRITERS], reader;
	struct walk w;

	records = argc > 1 ? (u64)atoll(argv[1]) : 0;
	live = check_map(4096);
	for (u32 i = 0; i < NR_WRITERS; i++)
		check_ring_init(&rings[i], check_map(RING_BYTES), &live[i], BLOCK_BYTES,
				NR_BLOCKS);
	CHECK(!pthread_create(&reader, NULL, follow, NULL));
	for (u32 i = 0; i < NR_WRITERS; i++)
		CHECK(!pthread_create(&threads[i], NULL, write_ring, (void *)(uintptr_t)i));
	for (u32 i = 0; i < NR_WRITERS; i++)
		pthread_join(threads[i], NULL);
	pthread_join(reader, NULL);
	for (u32 i = 0; i < NR_WRITERS; i++) {
		check_ring(&rings[i], rings[i].data, &live[i], &w);
		CHECK(w.next_seq == records);
	}
	printf("written %llu\n", (unsigned long long)(records * NR_WRITERS));
	return 0;
}
