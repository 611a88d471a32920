// SPDX-License-Identifier: MIT
/*
 * Runs a writer that is faster than its consumer, in lossless mode: every record is
 * either dropped or consumed, and none is overwritten before that. With a storm, signals
 * nest in the writer. With a liar, the words that say how far was consumed have any
 * value at any time, and it only matters that the ring stays whole and the writer goes on.
 *
 * Usage: lossless consumer|storm|liar RECORDS
 */
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <unistd.h>
#include "check.h"
#include "core/consumer.h"

#define BLOCK_BYTES	4096u
#define NR_BLOCKS	6u
#define RING_BYTES	(BLOCK_BYTES * NR_BLOCKS)
#define SESSION		77
#define PAYLOAD_MOST	700u

static struct ivring_ring ring;
static struct ivring_host *host;
static struct ivring_consumer *consumer;
static u64 records, consumed, delivered;
static u64 attempts[2];
static bool calm, ended;
static volatile bool nesting;

static void write_one(u32 level, u64 *seed)
{
	u32 seq, len = (u32)(check_random(seed) % PAYLOAD_MOST);
	u8 buf[PAYLOAD_MOST];
	void *payload;

	attempts[level]++;
	if (check_random(seed) % 2) {
		check_message(buf, len, (u32)check_random(seed));
		ivring_ring_write(&ring, IVRING_ID_MESSAGE, buf, len);
		return;
	}
	payload = ivring_ring_reserve(&ring, TEST_ID, len, &seq);
	if (!payload)
		return;
	check_fill(payload, len, seq);
	ivring_ring_commit(&ring);
}

static void on_signal(int signal)
{
	static u64 seed = 4711;

	(void)signal;
	__atomic_store_n(&delivered, delivered + 1, __ATOMIC_RELAXED);
	if (nesting)
		return;
	nesting = true;
	for (u32 i = 0; i < 3; i++)
		write_one(1, &seed);
	nesting = false;
}

static void *storm(void *writer)
{
	u64 seed = 42, seen = ~0ull, now;

	while (!__atomic_load_n(&calm, __ATOMIC_RELAXED)) {
		now = __atomic_load_n(&delivered, __ATOMIC_RELAXED);
		if (now == seen) {
			sched_yield();
			continue;
		}
		seen = now;
		pthread_kill(*(pthread_t *)writer, SIGUSR1);
		for (volatile u32 wait = check_random(&seed) % 8192; wait; wait--)
			;
	}
	return NULL;
}

/* Checks one record; returns where the next one begins. */
static u64 consume_record(u64 at)
{
	const u8 *block = ring.data + at / BLOCK_BYTES % NR_BLOCKS * BLOCK_BYTES;
	static u8 want[PAYLOAD_MOST];
	struct ivring_record h;
	const u8 *payload;
	u32 key = 0;

	memcpy(&h, block + at % BLOCK_BYTES, sizeof(h));
	CHECK(h.seq == (u32)consumed, "seq %u, expected %llu", h.seq,
	      (unsigned long long)consumed);
	CHECK(h.len < PAYLOAD_MOST && (h.id == TEST_ID || h.id == IVRING_ID_MESSAGE));
	payload = block + at % BLOCK_BYTES + sizeof(h);
	memcpy(&key, payload, min_t(u32, h.len, 4));
	if (h.id == TEST_ID)
		check_fill(want, h.len, h.seq);
	else
		check_message(want, h.len, le32_to_cpu(key));
	CHECK(memcmp(payload, want, h.len) == 0, "seq %u", h.seq);
	consumed++;
	return at + ALIGN(sizeof(h) + h.len, IVRING_RECORD_ALIGN);
}

/* Consumes up to @commit, at most to the end of one block. */
static u64 consume_block(u64 at, u64 commit)
{
	const u64 number = at / BLOCK_BYTES, next = (number + 1) * BLOCK_BYTES;
	const u8 *block = ring.data + number % NR_BLOCKS * BLOCK_BYTES;
	const struct ivring_block *h = (const void *)block;
	u64 end = commit & ~7ull;

	CHECK(READ_ONCE(h->packet_seq_num) == number, "block %llu holds %llu",
	      (unsigned long long)number, (unsigned long long)h->packet_seq_num);
	if (end > next)
		end = number * BLOCK_BYTES + ALIGN(h->content_size / 8, 8u);
	if (at % BLOCK_BYTES == 0) {
		CHECK(h->first_seq == consumed);
		at += sizeof(*h);
	}
	while (at < end)
		at = consume_record(at);
	CHECK(at == end && READ_ONCE(h->packet_seq_num) == number);
	return (commit & ~7ull) > next ? next : at;
}

/* Consumes, slowly at times, so that the ring is full at times. */
static void *consume(void *unused)
{
	u64 at = BLOCK_BYTES, seed = 99, commit;
	bool last;

	(void)unused;
	do {
		last = __atomic_load_n(&ended, __ATOMIC_ACQUIRE);
		commit = __atomic_load_n(&ring.live->commit, __ATOMIC_ACQUIRE);
		while (at < (commit & ~7ull)) {
			at = consume_block(at, commit);
			if (check_random(&seed) % 16 == 0)
				usleep(200);
			__atomic_store_n(&consumer->position, at, __ATOMIC_RELEASE);
		}
	} while (!last);
	return NULL;
}

/* Changes every word that the writer looks at, all the time. */
static void *lie(void *unused)
{
	struct ivring_watch watch = { 0 };
	struct ivring_ring *all[] = { &ring };
	u64 seed = 1234567;

	(void)unused;
	while (!__atomic_load_n(&ended, __ATOMIC_RELAXED)) {
		const u64 word = check_random(&seed);
		const u64 near = __atomic_load_n(&ring.live->commit, __ATOMIC_RELAXED) +
				 word % (4 * RING_BYTES) - 2 * RING_BYTES;

		__atomic_store_n(&consumer->position, word % 3 ? near : word, __ATOMIC_RELAXED);
		__atomic_store_n(&host->session_id, word % 5 ? SESSION : word, __ATOMIC_RELAXED);
		__atomic_store_n(&host->beat, word % 7 ? 1 : word, __ATOMIC_RELAXED);
		if (word % 11 == 0)
			ivring_consumer_watch(&watch, all, 1, word, 1ull << 62);
	}
	return NULL;
}

static void set_up(bool honest)
{
	host = check_map(4096);
	consumer = (struct ivring_consumer *)(host + 1);
	check_ring_init(&ring, check_map(RING_BYTES), check_map(4096), BLOCK_BYTES, NR_BLOCKS);
	ring.host = host;
	ring.consumer = consumer;
	ring.session_id = SESSION;
	if (honest)
		consumer->position = BLOCK_BYTES;
	host->session_id = SESSION;
}

static void write_all(bool storms)
{
	u64 seed = 88172645463325252ull;

	/* Go on for longer if no signal has come yet. */
	for (u64 i = 0; i < records || (storms && !READ_ONCE(attempts[1])); i++) {
		write_one(0, &seed);
		/* Pause now and then, because the ring would always be full otherwise. */
		if (check_random(&seed) % 256 == 0)
			usleep(50);
	}
}

int main(int argc, char **argv)
{
	const bool liar = argc > 1 && !strcmp(argv[1], "liar");
	const bool storms = argc > 1 && !strcmp(argv[1], "storm");
	struct sigaction act = { .sa_handler = on_signal };
	pthread_t self = pthread_self(), other, stormer;
	struct walk w;

	records = argc > 2 ? (u64)atoll(argv[2]) : 20000;
	set_up(!liar);
	sigaction(SIGUSR1, &act, NULL);
	CHECK(!pthread_create(&other, NULL, liar ? lie : consume, NULL));
	if (storms)
		CHECK(!pthread_create(&stormer, NULL, storm, &self));
	write_all(storms);
	/* Signals end when their sender has ended. */
	__atomic_store_n(&calm, true, __ATOMIC_RELAXED);
	if (storms)
		pthread_join(stormer, NULL);
	__atomic_store_n(&ended, true, __ATOMIC_RELEASE);
	pthread_join(other, NULL);
	check_ring(&ring, ring.data, ring.live, &w);
	CHECK(w.next_seq + ring.live->drops == attempts[0] + attempts[1]);
	if (!liar)
		CHECK(consumed == w.next_seq, "%llu of %llu", (unsigned long long)consumed,
		      (unsigned long long)w.next_seq);
	printf("attempted %llu\nnested %llu\nwritten %llu\nconsumed %llu\ndropped %llu\n",
	       (unsigned long long)(attempts[0] + attempts[1]), (unsigned long long)attempts[1],
	       (unsigned long long)w.next_seq, (unsigned long long)consumed,
	       (unsigned long long)ring.live->drops);
	return 0;
}
