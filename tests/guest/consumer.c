// SPDX-License-Identifier: MIT
/* Tests step by step how long the rings wait for which consumer, and what they refuse. */
#include "check.h"
#include "core/consumer.h"

#define BLOCK_BYTES	4096u
#define NR_BLOCKS	5u
#define RING_BYTES	(BLOCK_BYTES * NR_BLOCKS)
#define SESSION		0x1234567890abcdefull
#define TIMEOUT		10u

static struct ivring_ring rings[2];
static struct ivring_ring *const all[] = { &rings[0], &rings[1] };
static struct ivring_ring_live *live;
static struct ivring_host *host;
static struct ivring_consumer *consumers;
static struct ivring_watch watch;
static u8 *data[2];
static u64 checks;

static void start(void)
{
	memset(host, 0, 4096);
	memset(&watch, 0, sizeof(watch));
	for (u32 i = 0; i < 2; i++) {
		check_ring_init(&rings[i], data[i], &live[i], BLOCK_BYTES, NR_BLOCKS);
		rings[i].host = host;
		rings[i].consumer = &consumers[i];
		rings[i].session_id = SESSION;
	}
}

static void consume(u64 session, u64 position)
{
	consumers[0].position = consumers[1].position = cpu_to_le64(position);
	host->session_id = cpu_to_le64(session);
}

/* Returns how many blocks a new session can write; two of these records fill one. */
static u32 blocks_taken(u32 most)
{
	const u64 from = rings[0].commit;
	const u32 len = rings[0].max_payload;
	static u8 buf[BLOCK_BYTES];
	bool room = true;
	u32 written = 0;

	while (written < 2 * most && room) {
		room = ivring_ring_has_room(&rings[0], len);
		CHECK((ivring_ring_write(&rings[0], 1, buf, len) > 0) == room);
		written += room;
	}
	CHECK(rings[0].dropped == !room);
	CHECK(rings[0].live->drops == rings[0].dropped);
	CHECK(rings[0].commit - from >= (u64)written * (len + 16));
	rings[0].dropped = 0;
	checks++;
	return written / 2;
}

static void check_rule(void)
{
	/* Block 1 is the first one: everything before it counts as consumed. */
	for (u64 at = 0; at <= 8 * BLOCK_BYTES; at += 8) {
		const u64 full = at / BLOCK_BYTES;
		u64 taken = full + NR_BLOCKS - 1;

		start();
		consume(SESSION, at);
		if (at > 2 * BLOCK_BYTES)
			taken = 0; /* from the future: block 1 ends before it */
		CHECK(blocks_taken(20) == taken, "position %llu", (unsigned long long)at);
	}
	start();
	consume(SESSION, ~0ull); /* has the same effect as a position before 0 */
	CHECK(blocks_taken(20) == NR_BLOCKS - 2);
	start();
	consume(SESSION - 1, BLOCK_BYTES);
	CHECK(blocks_taken(20) == 20); /* a consumer of another session */
	start();
	CHECK(blocks_taken(20) == 20); /* no consumer */
	start();
	consume(SESSION, BLOCK_BYTES);
	rings[0].host = NULL;
	CHECK(blocks_taken(20) == 20); /* not lossless */
}

/* While the consumer advances, each refusal ends exactly when there is room. */
static void check_progress(void)
{
	static u8 buf[BLOCK_BYTES];
	u64 entered;

	start();
	for (u64 at = BLOCK_BYTES; at < 50 * BLOCK_BYTES; at += 1000) {
		consume(SESSION, at & ~7ull);
		while (ivring_ring_write(&rings[0], 1, buf, 100) > 0)
			;
		entered = ((rings[0].commit & ~7ull) - 1) / BLOCK_BYTES;
		CHECK(entered == (at & ~7ull) / BLOCK_BYTES + NR_BLOCKS - 1);
		checks++;
	}
}

/* A takeover is written even if there is no room, because it cannot be left out. */
static void check_takeover(void)
{
	start();
	consume(SESSION, BLOCK_BYTES);
	CHECK(blocks_taken(20) == NR_BLOCKS);
	CHECK(!ivring_ring_reserve(&rings[0], 1, 3000, NULL));
	ivring_ring_takeover(&rings[0], IVRING_TAKEOVER_PANIC);
	CHECK(((rings[0].commit - 1) / BLOCK_BYTES) == NR_BLOCKS + 1);
}

static u32 look(u64 seconds)
{
	checks++;
	return ivring_consumer_watch(&watch, all, 2, seconds * 1000000000,
				     TIMEOUT * 1000000000ull);
}

static bool overwrites(void)
{
	CHECK(rings[0].overwrite == rings[1].overwrite);
	return rings[0].overwrite;
}

static void check_watch(void)
{
	u64 now = 1000;

	start();
	CHECK(look(now++) == IVRING_MODE_UNCONSUMED && !overwrites());
	host->beat = 55;
	CHECK(look(now++) == IVRING_MODE_UNCONSUMED);
	host->session_id = SESSION;
	CHECK(look(now) == IVRING_MODE_LOSSLESS && !overwrites());
	for (u32 i = 1; i < TIMEOUT; i++)
		CHECK(look(++now) == IVRING_MODE_LOSSLESS && !overwrites());
	CHECK(look(++now) == IVRING_MODE_UNCONSUMED && overwrites());
	CHECK(look(now + 1000) == IVRING_MODE_UNCONSUMED && overwrites());
	host->beat--; /* any change is a sign of life */
	CHECK(look(now += 2000) == IVRING_MODE_LOSSLESS && !overwrites());
	CHECK(look(now += TIMEOUT) == IVRING_MODE_UNCONSUMED && overwrites());
	host->session_id = SESSION + 1;
	CHECK(look(++now) == IVRING_MODE_UNCONSUMED && !overwrites());
	host->session_id = SESSION; /* a new consumer with the same beat */
	CHECK(look(++now) == IVRING_MODE_LOSSLESS && !overwrites());
	for (u32 i = 0; i < 5 * TIMEOUT; i++) {
		host->beat++;
		CHECK(look(now += TIMEOUT) == IVRING_MODE_LOSSLESS && !overwrites());
	}
	/* Without a time limit. */
	CHECK(ivring_consumer_watch(&watch, all, 2, ~0ull, 0) == IVRING_MODE_LOSSLESS);
	CHECK(!overwrites());
	ivring_consumer_waive(&watch, all, 2);
	CHECK(overwrites());
	host->beat++;
	CHECK(look(++now) == IVRING_MODE_UNCONSUMED && overwrites());
	rings[0].host = NULL;
	CHECK(look(++now) == IVRING_MODE_OVERWRITE);
}

int main(void)
{
	live = check_map(4096);
	host = check_map(4096);
	consumers = (struct ivring_consumer *)(host + 1);
	data[0] = check_map(RING_BYTES);
	data[1] = check_map(RING_BYTES);
	check_rule();
	check_progress();
	check_takeover();
	check_watch();
	printf("checks %llu\n", (unsigned long long)checks);
	return 0;
}
