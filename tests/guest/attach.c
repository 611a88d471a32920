// SPDX-License-Identifier: MIT
/*
 * Tests ivring_region_attach() with everything that a region may hold. The region lies
 * between inaccessible pages, so that a write outside of it ends the process.
 */
#include "fixture.h"
#include "core/doorbell.h"

static u8 *saved;

static void save(void)
{
	memcpy(saved, region, cfg.region_bytes);
}

static void restore(void)
{
	memcpy(region, saved, cfg.region_bytes);
}

/* What is left for the next start is passed on once, and only within a session. */
static void test_left(void)
{
	ivring_live_klog(region, 0x123456789abcull, 0xdef01234);
	CHECK(attach());
	CHECK(left.klog_seq == 0x123456789abcull && left.klog_check == 0xdef01234);
	CHECK(attach());
	CHECK(left.klog_seq == 0 && left.klog_check == 0);
	ivring_live_klog(region, ~0ull, ~0u); /* the host may store anything there */
	CHECK(attach() && left.klog_seq == ~0ull && left.klog_check == ~0u);
	ivring_live_klog(region, 7, 8);
	header()->session_id++;
	CHECK(!attach());
	CHECK(left.klog_seq == 0 && left.klog_check == 0);
}

static const struct ivring_live *live_line(void)
{
	return (const void *)(region + header()->live_offset);
}

/* Checks that a panic's text is stored up to the end of its first line, then zeros. */
static void check_panic(const char *text, u32 bytes)
{
	ivring_live_panic(region, text);
	CHECK(live_line()->state == IVRING_STATE_PANICKED);
	CHECK(live_line()->reason == IVRING_REASON_PANIC);
	CHECK(!memcmp(live_line()->panic_text, text, bytes));
	for (u32 i = bytes; i < IVRING_PANIC_TEXT_BYTES; i++)
		CHECK(live_line()->panic_text[i] == 0, "%u", i);
}

static void test_live_line(void)
{
	static char longest[2 * IVRING_PANIC_TEXT_BYTES];
	u8 behind[sizeof(longest)];
	struct ivring_live was;

	attach();
	was = *live_line();
	memcpy(behind, live_line() + 1, sizeof(behind));
	for (u32 i = 0; i < sizeof(was); i++)
		CHECK(((const u8 *)&was)[i] == 0);
	ivring_live_beat(region, IVRING_STATE_RUNNING, 11, 22, 3);
	CHECK(live_line()->clock_seq == 8 && live_line()->heartbeat == 3);
	CHECK(live_line()->clock_value == 11 && live_line()->utc_ns == 22);
	CHECK(live_line()->state == IVRING_STATE_RUNNING);
	ivring_live_reason(region, IVRING_REASON_OOPS);
	CHECK(live_line()->reason == IVRING_REASON_OOPS);
	memset(longest, 'x', sizeof(longest) - 1);
	check_panic(longest, IVRING_PANIC_TEXT_BYTES);
	CHECK(!memcmp(behind, live_line() + 1, sizeof(behind)));
	check_panic("short\nsecond line", 5);
	check_panic("", 0);
	CHECK(live_line()->klog_seq == 0 && live_line()->klog_check == 0);
	ivring_live_name(region, "a name", 0);
	CHECK(live_line()->name_seq == 2 && !strcmp((const char *)live_line()->guest_name, "a name"));
	ivring_live_name(region, longest, 1);
	CHECK(live_line()->name_seq == 4);
	CHECK(!memcmp(live_line()->guest_name, longest, IVRING_NAME_BYTES));
	CHECK(!memcmp(behind, live_line() + 1, sizeof(behind)));
	ivring_live_name(region, "", 2);
	for (u32 i = 0; i < IVRING_NAME_BYTES; i++)
		CHECK(live_line()->guest_name[i] == 0);
}

/* The host's words are cleared for a new session, and only then. */
static void test_host_words(void)
{
	struct ivring_host *host = (void *)(region + IVRING_HOST_OFFSET);
	static struct ivring_doorbell quiet;
	struct ivring_doorbell *bell = &quiet;
	const u32 bytes = header()->host_bytes;

	CHECK(bytes == geo.rings_offset - IVRING_HOST_OFFSET);
	quiet.host = host;
	cfg.lossless = true;
	cfg.bell = bell;
	memset(host, 0, bytes);
	for (int known = 1; known >= 0; known--) {
		if (!known)
			header()->magic++;
		memset((u8 *)host + 12, 0x5a, bytes - 12); /* all but the arming */
		CHECK(attach_any() == known);
		for (u32 i = 12; i < bytes; i++)
			CHECK(((u8 *)host)[i] == (known ? 0x5a : 0), "%u", i);
		for (u32 i = 0; i < geo.nr_rings; i++) {
			CHECK(rings[i].host == host && rings[i].bell == bell);
			CHECK(rings[i].session_id == header()->session_id);
			CHECK((u8 *)rings[i].consumer == (u8 *)host + 128 + i * 32);
			CHECK((u8 *)(rings[i].consumer + 1) <= (u8 *)host + bytes);
		}
		CHECK(live_line()->mode == IVRING_MODE_UNCONSUMED);
	}
	cfg.lossless = false;
	cfg.bell = NULL;
	CHECK(attach() && !rings[0].host && !rings[0].bell);
	CHECK(live_line()->mode == IVRING_MODE_OVERWRITE);
	ivring_live_host(region, IVRING_MODE_LOSSLESS, 12345);
	CHECK(live_line()->mode == IVRING_MODE_LOSSLESS && live_line()->doorbells == 12345);
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
	test_left();
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

/* A region is not continued if any bit of its header was changed. */
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

/* If the checksum is right, fields may differ only if they differ from boot to boot. */
static void test_forged_header(void)
{
	static const struct { u32 from, bytes; } free_fields[] = {
#define FIELD(f) { offsetof(struct ivring_region_header, f), \
		   sizeof(((struct ivring_region_header *)0)->f) }
		FIELD(session_id), FIELD(boot_id), FIELD(epoch), FIELD(clock_hz),
		FIELD(clock_base), FIELD(utc_base_ns), FIELD(guest_name), FIELD(kernel_release),
		FIELD(driver_version), FIELD(checksum), /* computed again below */
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

/* Control: the write behind a region that is half as large as planned is found. */
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
	test_live_line();
	test_host_words();
	test_other_geometry();
	test_flipped_bits();
	test_forged_header();
	check_unmap(saved, cfg.region_bytes);
	tear_down();
	/* The largest region: much is mapped, but the attach touches little of it. */
	set_up(IVRING_REGION_BYTES_MAX, 3, 0);
	CHECK(!attach() && attach());
	write_and_check(0);
	printf("fresh %llu\ncontinued %llu\n", (unsigned long long)fresh,
	       (unsigned long long)continued);
	return 0;
}
