// SPDX-License-Identifier: MIT
/*
 * Plays a host that lies: tries all kinds of values in the words that a new driver
 * start adopts, and changes the region at random while it is attached to and written.
 * A write outside of the region ends the process.
 */
#include <pthread.h>
#include "fixture.h"
#include "core/doorbell.h"

static u8 *saved;
static u64 accepted, refused, rings_rung, drops;

/* Decides independently of the driver whether these words may be continued. */
static bool sane(const struct ivring_ring *r, u64 commit, u64 seq, u64 drops)
{
	const u64 size = 1ull << r->block_shift;
	u64 position = commit & ~7ull, block = (position - 1) / size;

	if (commit < size || commit >= IVRING_POSITION_LIMIT || seq >= IVRING_POSITION_LIMIT ||
	    drops >= IVRING_POSITION_LIMIT)
		return false;
	if (position == size) /* nothing was committed yet */
		return commit == size;
	if (position - block * size < sizeof(struct ivring_block) + sizeof(struct ivring_record))
		return false;
	return *(u64 *)(r->data + (block % r->nr_blocks) * size + 8) == block;
}

static void try_words(u32 ring, u64 commit, u64 seq, u64 drops, bool forge_number)
{
	struct ivring_ring_live *live = &descs()[ring].live;
	u64 block = ((commit & ~7ull) - 1) >> rings[ring].block_shift;
	bool want;

	memcpy(region, saved, cfg.region_bytes);
	live->commit = commit;
	live->commit_seq = seq;
	live->drops = drops;
	if (forge_number)
		*(u64 *)(rings[ring].data + ((block % rings[ring].nr_blocks) <<
					     rings[ring].block_shift) + 8) = block;
	want = sane(&rings[ring], commit, seq, drops);
	*(want ? &accepted : &refused) += 1;
	CHECK(attach() == want, "commit %#llx, seq %#llx, drops %#llx, real commit %#llx",
	      (unsigned long long)commit, (unsigned long long)seq, (unsigned long long)drops,
	      (unsigned long long)((struct ivring_ring_desc *)(saved + geo.rings_offset))[ring]
	      .live.commit);
	/* Two laps, so that nothing forged is left in what is checked. */
	write_and_check(2);
}

static void test_words(u32 laps)
{
	static const u64 bounds[] = { 0, IVRING_POSITION_LIMIT, 1ull << 32, 1ull << 63, 0 };

	memset(region, 0, cfg.region_bytes);
	attach();
	for (u32 i = 0; i < geo.nr_rings && laps; i++)
		write_and_check(laps);
	memcpy(saved, region, cfg.region_bytes);
	for (u32 ring = 0; ring < geo.nr_rings; ring += geo.nr_rings - 1) {
		const struct ivring_ring_live *was = &((struct ivring_ring_desc *)
						       (saved + geo.rings_offset))[ring].live;
		const u64 size = geo.block_bytes, lap = size * rings[ring].nr_blocks;
		const u64 near[] = { 0, size, 2 * size, was->commit, was->commit & -size,
				     was->commit + size, was->commit + lap, was->commit - lap,
				     IVRING_POSITION_LIMIT, 1ull << 32, 1ull << 63 };
		const int steps[] = { 0, 1, -1, 7, 8, -8, 64, 72, 79, 80, 88 };

		for (u32 i = 0; i < sizeof(near) / sizeof(*near); i++)
			for (u32 k = 0; k < sizeof(steps) / sizeof(*steps); k++)
				for (int forge = 0; forge < 2; forge++)
					try_words(ring, near[i] + (u64)(s64)steps[k],
						  was->commit_seq, was->drops, forge);
		for (u32 i = 0; i < sizeof(bounds) / sizeof(*bounds); i++) {
			for (int step = -1; step <= 1; step++) {
				try_words(ring, was->commit, bounds[i] + (u64)(s64)step, 0, false);
				try_words(ring, was->commit, was->commit_seq,
					  bounds[i] + (u64)(s64)step, false);
				try_words(ring, size, bounds[i] + (u64)(s64)step, 0, false);
			}
		}
	}
}

static bool stop;

/* Stores words that are nearly right, where they hurt most, and some garbage. */
static void *scribble(void *unused)
{
	u64 rnd = 0x1234567, *word, value;

	(void)unused;
	while (!__atomic_load_n(&stop, __ATOMIC_RELAXED)) {
		u64 kind = check_random(&rnd) % 4096;
		u64 from = IVRING_HOST_OFFSET, to = cfg.region_bytes;

		if (kind == 0)
			from = 0;
		else if (kind % 2)
			to = geo.data_offset;
		word = (u64 *)(region + from + check_random(&rnd) % ((to - from) / 8) * 8);
		value = __atomic_load_n(word, __ATOMIC_RELAXED);
		if (check_random(&rnd) % 8 == 0)
			value = check_random(&rnd);
		else
			value += check_random(&rnd) % 65536 - 32768;
		__atomic_store_n(word, value, __ATOMIC_RELAXED);
		for (volatile u32 wait = kind / 16; wait; wait--)
			;
	}
	return NULL;
}

/* Makes the driver look at the host's words: the host consumes, and arms the doorbell. */
static void add_host(struct ivring_doorbell *bell)
{
	struct ivring_host *host = (void *)(saved + IVRING_HOST_OFFSET);
	struct ivring_consumer *consumers = (void *)(host + 1);
	const struct ivring_ring_desc *desc = (void *)(saved + geo.rings_offset);

	host->armed = 1;
	host->doorbell = 0x00ff0000;
	host->session_id = ((struct ivring_region_header *)saved)->session_id;
	for (u32 i = 0; i < geo.nr_rings; i++)
		consumers[i].position = desc[i].live.commit & ~7ull;
	bell->host = (void *)(region + IVRING_HOST_OFFSET);
	cfg.bell = bell;
	cfg.lossless = true;
}

static void test_changing_region(u32 rounds)
{
	static u32 device;
	static struct ivring_doorbell bell = { .at = &device };
	static u8 buf[20000];
	pthread_t thread;

	add_host(&bell);
	CHECK(pthread_create(&thread, NULL, scribble, NULL) == 0);
	for (u32 i = 0; i < rounds; i++) {
		memcpy(region, saved, cfg.region_bytes);
		if (attach_any())
			continued++;
		for (u32 k = 0; k < 400; k++)
			ivring_ring_write(&rings[k % geo.nr_rings], IVRING_ID_MESSAGE, buf,
					  check_random(&seed) % sizeof(buf));
		for (u32 k = 0; k < geo.nr_rings; k++)
			drops += rings[k].dropped;
	}
	rings_rung = bell.rings;
	__atomic_store_n(&stop, true, __ATOMIC_RELAXED);
	CHECK(pthread_join(thread, NULL) == 0);
}

int main(void)
{
	set_up(256 * 1024, 3, 4096);
	saved = check_map(cfg.region_bytes);
	test_words(0);
	test_words(1);
	continued = 0;
	test_changing_region(2000);
	printf("accepted %llu\nrefused %llu\ncontinued %llu\n", (unsigned long long)accepted,
	       (unsigned long long)refused, (unsigned long long)continued);
	printf("rings %llu\ndrops %llu\n", (unsigned long long)rings_rung,
	       (unsigned long long)drops);
	return 0;
}
