// SPDX-License-Identifier: MIT
/*
 * Checks how much of a ring programs may fill: no flood exceeds the bound, and what the
 * kernel recorded before stays. Time is just a number here.
 */
#include "check.h"
#include "core/bound.h"

#define SECOND		1000000000ull
#define BLOCK_BYTES	4096u
#define NR_BLOCKS	64u
#define RING_BYTES	((u64)BLOCK_BYTES * NR_BLOCKS)

static u64 seed = 88172645463325252ull, written, refused, kept;
static struct ivring_ring ring;
static struct ivring_ring_live live;
static u8 data[RING_BYTES];
static u8 message[IVRING_MESSAGE_BYTES_MAX];

/* Writes a message in the way the driver does for a program. */
static bool try_write(u64 now_ns, size_t size, u32 percent)
{
	const u64 allowance = ivring_bound_bytes(ring.ring_bytes, percent);
	const u64 before = ring.commit, needs = ivring_ring_needs(&ring, size);
	const u64 dropped = ring.dropped;

	if (!ivring_bound_allows(&ring.bound, allowance, needs, now_ns)) {
		ivring_ring_refuse(&ring);
		CHECK(ring.dropped == dropped + 1 && live.drops == ring.dropped);
		CHECK(ring.commit == before && ring.nest == 0);
		refused++;
		return false;
	}
	CHECK(ivring_ring_write(&ring, IVRING_ID_MESSAGE, message, size) == (int)size);
	CHECK(ring.commit - before <= needs + BLOCK_BYTES / 2, "%llu for %zu",
	      (unsigned long long)(ring.commit - before), size);
	ivring_bound_charge(&ring.bound, allowance, ring.commit - before, now_ns);
	written++;
	return true;
}

static void begin(void)
{
	memset(&ring, 0, sizeof(ring));
	check_ring_init(&ring, data, &live, BLOCK_BYTES, NR_BLOCKS);
}

/* Picks sizes that leave much of a block empty, and any others. */
static size_t some_size(void)
{
	const u64 kind = check_random(&seed) % 4;

	if (kind == 0)
		return ring.max_payload;
	if (kind == 1)
		return ring.max_payload / 3 * 2 + check_random(&seed) % 9;
	if (kind == 2)
		return 1 + check_random(&seed) % 60;
	return 1 + check_random(&seed) % (4 * ring.max_payload);
}

/*
 * Checks that in no stretch of time more is written than the allowance, what was refilled
 * meanwhile, and a block. @least: the lowest difference between written and refilled.
 */
static void test_flood(u32 percent)
{
	const u64 allowance = ivring_bound_bytes(RING_BYTES, percent);
	u64 now_ns = check_random(&seed) % SECOND, from_ns = now_ns;
	s64 least = 0, above;

	begin();
	for (u32 i = 0; i < 20000; i++) {
		const u64 used = ring.commit - BLOCK_BYTES;
		const s64 back = (s64)((now_ns - from_ns) * allowance / IVRING_BOUND_NS);

		above = (s64)used - back;
		least = above < least ? above : least;
		CHECK(above - least <= (s64)(allowance + BLOCK_BYTES),
		      "%u %%: %lld bytes above", percent, (long long)(above - least));
		try_write(now_ns, some_size(), percent);
		if (check_random(&seed) % 3 == 0)
			now_ns += check_random(&seed) % (SECOND / 50);
		if (check_random(&seed) % 2000 == 0)
			now_ns += check_random(&seed) % (10 * SECOND);
	}
}

/* With a quarter, the kernel's records stay for 11 seconds in any flood. */
static void test_kernel(void)
{
	const u64 step_ns = SECOND / 10, keep = 11 * 10;
	static u64 at[1024];
	u64 i;

	begin();
	for (i = 0; i < sizeof(at) / sizeof(*at); i++) {
		at[i] = ring.commit;
		CHECK(ivring_ring_write(&ring, TEST_ID, message, 8) == 8);
		while (try_write(i * step_ns, i % 3 ? 100 : ring.max_payload, 25))
			;
		if (i < keep)
			continue;
		CHECK(ring.commit - at[i - keep] <= RING_BYTES - BLOCK_BYTES, "round %llu",
		      (unsigned long long)i);
		kept++;
	}
	CHECK(ring.commit > 4 * RING_BYTES, "that was no flood");
}

/* Moderate writers are never refused; a message that can never fit is never allowed. */
static void test_usual(void)
{
	u64 now_ns = 5 * SECOND;

	begin();
	for (u32 i = 0; i < 10000; i++) {
		CHECK(try_write(now_ns, 100, 25), "line %u", i);
		now_ns += SECOND / 100;
	}
	begin();
	CHECK(!try_write(now_ns, RING_BYTES / 4 + 1, 25));
	CHECK(try_write(now_ns, RING_BYTES / 5, 25));
	/* A long pause restores the first allowance, and nothing is saved up. */
	while (try_write(now_ns, 1000, 25))
		;
	now_ns += 1000000 * SECOND;
	for (u64 before = ring.commit; try_write(now_ns, 1000, 25);)
		CHECK(ring.commit - before <= RING_BYTES / 4 + BLOCK_BYTES);
	/* A clock that steps back a little changes nothing. */
	CHECK(!try_write(now_ns - 1000, 1000, 25));
	CHECK(try_write(now_ns + SECOND, 1000, 25));
	/* Another percentage, and the largest ring. */
	begin();
	CHECK(try_write(now_ns, RING_BYTES / 2, 100));
	ring.bound.full_at_ns = 0;
	CHECK(ivring_bound_allows(&ring.bound, IVRING_RING_BYTES_MAX, IVRING_RING_BYTES_MAX, now_ns));
	CHECK(!ivring_bound_allows(&ring.bound, IVRING_RING_BYTES_MAX, ~0ull, now_ns));
	ivring_bound_charge(&ring.bound, IVRING_RING_BYTES_MAX, IVRING_RING_BYTES_MAX, now_ns);
	CHECK(ring.bound.full_at_ns == now_ns + IVRING_BOUND_NS);
}

int main(void)
{
	for (u32 percent = 5; percent <= 100; percent += 5)
		test_flood(percent);
	test_kernel();
	test_usual();
	printf("written %llu\nrefused %llu\nkept %llu\n", (unsigned long long)written,
	       (unsigned long long)refused, (unsigned long long)kept);
	return 0;
}
