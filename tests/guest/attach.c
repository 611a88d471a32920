// SPDX-License-Identifier: MIT
/*
 * ivring_region_attach() on everything a region may hold. The region lies
 * between inaccessible pages, so a write outside of it ends the process.
 */
#include "fixture.h"

static u8 *saved;

static void save(void)
{
	memcpy(saved, region, cfg.region_bytes);
}

static void restore(void)
{
	memcpy(region, saved, cfg.region_bytes);
}

static void test_fresh_and_known(void)
{
	struct walk before, after;

	CHECK(!attach());
	write_and_check(2);
	check_ring(&rings[0], rings[0].data, rings[0].live, &before);
	cfg.session_id = 0x2222;
	cfg.boot_id = boot_ids[1];
	cfg.guest_name = NULL;
	cfg.clock_base = 5;
	CHECK(attach());
	check_ring(&rings[0], rings[0].data, rings[0].live, &after);
	CHECK(after.takeovers == 1 && after.lost == 0 && after.records > 1);
	CHECK(after.next_seq == before.next_seq + 1);
	write_and_check(0);
	save();
	for (u64 i = 0; i < cfg.region_bytes; i++)
		region[i] = (u8)check_random(&seed);
	CHECK(!attach());
	write_and_check(1);
}

static void test_other_geometry(void)
{
	struct ivring_config was = cfg;
	struct ivring_geometry other = geo;

	restore();
	cfg.clock_id = IVRING_CLOCK_MONOTONIC;
	CHECK(!attach());
	cfg = was;
	restore();
	cfg.nr_trace--;
	CHECK(ivring_region_plan(&cfg, &geo) == 0);
	CHECK(!attach());
	write_and_check(1);
	cfg = was;
	restore();
	cfg.block_bytes = other.block_bytes * 2;
	CHECK(ivring_region_plan(&cfg, &geo) == 0);
	CHECK(!attach());
	write_and_check(1);
	cfg = was;
	geo = other;
	restore();
	CHECK(attach());
}

/* Any bit changed breaks the checksum, or the magic. */
static void test_flipped_bits(void)
{
	for (u32 bit = 0; bit < 8 * sizeof(struct ivring_region_header); bit++) {
		restore();
		region[bit / 8] ^= (u8)(1u << bit % 8);
		CHECK(!attach(), "bit %u of byte %u", bit % 8, bit / 8);
	}
	write_and_check(1);
	restore();
	header()->epoch = 0xffffffff;
	header()->checksum = checksum_of_region();
	CHECK(!attach());
	restore();
	header()->session_id = 0;
	header()->checksum = checksum_of_region();
	CHECK(!attach());
}

/* With a right checksum only what differs from boot to boot may differ. */
static void test_forged_header(void)
{
	static const struct { u32 from, bytes; } free_fields[] = {
#define FIELD(f) { offsetof(struct ivring_region_header, f), \
		   sizeof(((struct ivring_region_header *)0)->f) }
		FIELD(session_id), FIELD(boot_id), FIELD(epoch), FIELD(clock_hz),
		FIELD(clock_base), FIELD(utc_base_ns), FIELD(guest_name), FIELD(kernel_release),
		FIELD(checksum), /* computed anew below */
	};

	for (u32 at = 0; at < sizeof(struct ivring_region_header); at++) {
		bool may_differ = false;

		for (u32 i = 0; i < sizeof(free_fields) / sizeof(*free_fields); i++)
			may_differ |= at - free_fields[i].from < free_fields[i].bytes;
		restore();
		region[at] ^= 0x04;
		header()->checksum = checksum_of_region();
		CHECK(attach() == may_differ, "byte %u", at);
	}
}

/* Control: a region half as large as planned must be seen to end. */
static void write_outside(void)
{
	cfg.region_bytes *= 2;
	CHECK(ivring_region_plan(&cfg, &geo) == 0);
	attach();
	write_and_check(1);
	CHECK(false, "no guard page was hit");
}

int main(int argc, char **argv)
{
	set_up(512 * 1024, 4, 4096);
	if (argc > 1 && strcmp(argv[1], "outside") == 0)
		write_outside();
	saved = check_map(cfg.region_bytes);
	test_fresh_and_known();
	test_other_geometry();
	test_flipped_bits();
	test_forged_header();
	check_unmap(saved, cfg.region_bytes);
	tear_down();
	/* The largest region: what is attached is little, what is mapped is not. */
	set_up(IVRING_REGION_BYTES_MAX, 3, 0);
	CHECK(!attach() && attach());
	write_and_check(0);
	printf("fresh %llu\ncontinued %llu\n", (unsigned long long)fresh,
	       (unsigned long long)continued);
	return 0;
}
