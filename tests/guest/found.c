// SPDX-License-Identifier: MIT
/*
 * Tests ivring_region_find(): memory that is zero or ours may be formatted, any other
 * may not. The region cannot be written to while it is looked at.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <sys/mman.h>
#include <ucontext.h>
#include "fixture.h"
#include "core/found.h"

#define BYTES		(192 * 1024u)
#define MARK		(*(u64 *)(region + IVRING_MARK_OFFSET))
#define TRAP_FLAG	0x100ull
/* The test continues from one in so many steps of a start. */
#define GO_ON		911

static u64 foreigners, ours, steps, went_on;
static struct ivring_foreign what;

static enum ivring_found find(void)
{
	enum ivring_found found;

	CHECK(mprotect(region, BYTES, PROT_READ) == 0);
	memset(&what, 0xff, sizeof(what));
	found = ivring_region_find(region, BYTES, &what);
	CHECK(mprotect(region, BYTES, PROT_READ | PROT_WRITE) == 0);
	return found;
}

static void check_foreign(u64 offset, const void *bytes, size_t n)
{
	CHECK(find() == IVRING_FOUND_FOREIGN, "at %llu", (unsigned long long)offset);
	CHECK(what.offset == offset, "%llu, not %llu", (unsigned long long)what.offset,
	      (unsigned long long)offset);
	CHECK(what.nr == min_t(u64, IVRING_FOREIGN_BYTES, BYTES - offset));
	CHECK(!memcmp(what.bytes, region + offset, what.nr));
	CHECK(!memcmp(what.bytes, bytes, min_t(size_t, n, what.nr)));
	CHECK(strlen(what.text) == what.nr);
	for (u32 i = 0; i < what.nr; i++)
		CHECK(what.text[i] == (char)what.bytes[i] || what.text[i] == '.');
	foreigners++;
}

/* Checks a region that is zero except for these bytes, the first of which is not zero. */
static void check_alone(u64 offset, const void *bytes, size_t n)
{
	memset(region, 0, BYTES);
	memcpy(region + offset, bytes, n);
	check_foreign(offset, bytes, n);
}

static void test_foreign(void)
{
	static const char looking_glass[] = "KVMFR---\x14\0\0\0B6";
	static const u8 dpdk[] = { 0xde, 0xc0, 0xad, 0x0b, 1, 0, 0, 0 };
	static const char text[] = "A \"note\" that\nsomebody left here";
	static const u64 magic = IVRING_MAGIC, mark = IVRING_MARK;

	check_alone(0, looking_glass, sizeof(looking_glass));
	CHECK(!strcmp(what.text, "KVMFR---....B6.."));
	check_alone(0, dpdk, sizeof(dpdk));
	check_alone(0, text, sizeof(text));
	CHECK(!strcmp(what.text, "A .note. that.so"));
	check_alone(0, "\x7f" "ELF", 4);
	check_alone(8, &magic, sizeof(magic));
	check_alone(BYTES - 8, &magic, sizeof(magic));
	check_alone(IVRING_MARK_OFFSET + 8, &mark, sizeof(mark));
	check_alone(0, &mark, sizeof(mark));
	for (u64 at = 0; at < BYTES; at += at < 4200 || at > BYTES - 100 ? 1 : 997)
		check_alone(at, "\x01", 1);
	check_alone(BYTES - 1, "\x80", 1);
	for (u32 round = 0; round < 50; round++) {
		for (u32 i = 0; i < BYTES; i++)
			region[i] = (u8)check_random(&seed);
		region[0] |= 1;
		check_foreign(0, region, 1);
	}
}

static void check_ours(void)
{
	CHECK(find() == IVRING_FOUND_OURS);
	ours++;
}

static void fresh_region(void)
{
	memset(region, 0, BYTES);
	CHECK(find() == IVRING_FOUND_ZEROS);
	CHECK(!attach());
}

/* Makes a header like that of a driver of ABI 1.0, as far as it matters here. */
static void make_old(void)
{
	fresh_region();
	header()->abi_minor = 0;
	memset(header()->driver_version, 0, sizeof(header()->driver_version));
}

static void test_ours(void)
{
	fresh_region();
	CHECK(MARK == 0);
	check_ours();
	write_and_check(1);
	check_ours();
	header()->abi_major = 9; /* anything may follow behind it */
	memset(region + 16, 0x77, BYTES - 16);
	check_ours();
	fresh_region();
	header()->region_bytes *= 2;
	header()->checksum++;
	check_ours();
	make_old();
	check_ours();
	header()->magic = 0;
	check_ours();
}

/* A magic with one wrong bit is foreign, unless something else shows that it is ours. */
static void test_flipped(void)
{
	for (u32 bit = 0; bit < 64; bit++) {
		fresh_region();
		header()->magic ^= 1ull << bit;
		CHECK(find() == IVRING_FOUND_FOREIGN, "bit %u", bit);
		MARK = IVRING_MARK; /* counts only if the magic is 0 */
		CHECK(find() == IVRING_FOUND_FOREIGN, "bit %u", bit);
		memset(region, 0, BYTES);
		MARK = IVRING_MARK;
		check_ours();
		MARK ^= 1ull << bit;
		CHECK(find() == IVRING_FOUND_FOREIGN, "bit %u", bit);
		foreigners += 3;
	}
	for (u32 at = 8; at < 128; at++) {
		make_old();
		header()->magic = 0;
		/* Constant words: major version, size, offsets of live line and host, stride. */
		if (at == 8 || at == 9 || (at >= 12 && at < 16) || (at >= 104 && at < 112) ||
		    (at >= 124 && at < 128)) {
			region[at] ^= 0x10;
			CHECK(find() == IVRING_FOUND_FOREIGN, "byte %u", at);
			foreigners++;
		}
	}
}

/* The host removes what was found, at any step: the description stays right. */
#define CHANGED_AT	(256 + 3)

static u64 steps_left, changes;

static void on_change(int signal, siginfo_t *info, void *context)
{
	(void)signal;
	(void)info;
	if (--steps_left)
		return;
	region[CHANGED_AT] = 0;
	((ucontext_t *)context)->uc_mcontext.gregs[REG_EFL] &= ~(greg_t)TRAP_FLAG;
}

static bool find_changing(u64 nr_steps)
{
	enum ivring_found found;

	memset(region, 0, BYTES);
	region[CHANGED_AT] = 0x2a;
	steps_left = nr_steps;
	__builtin_ia32_writeeflags_u64(__builtin_ia32_readeflags_u64() | TRAP_FLAG);
	found = ivring_region_find(region, BYTES, &what);
	__builtin_ia32_writeeflags_u64(__builtin_ia32_readeflags_u64() & ~TRAP_FLAG);
	if (found == IVRING_FOUND_ZEROS)
		return true;
	CHECK(found == IVRING_FOUND_FOREIGN);
	CHECK(what.offset == CHANGED_AT, "step %llu: %llu", (unsigned long long)nr_steps,
	      (unsigned long long)what.offset);
	CHECK(what.nr == IVRING_FOREIGN_BYTES);
	changes += region[CHANGED_AT] == 0;
	return region[CHANGED_AT] == 0;
}

static void test_changing(void)
{
	struct sigaction trap = { .sa_sigaction = on_change, .sa_flags = SA_SIGINFO };
	u64 nr_steps = 1;

	sigaction(SIGTRAP, &trap, NULL);
	while (find_changing(nr_steps))
		nr_steps++;
	CHECK(changes > 10 && nr_steps > 100, "%llu changes in %llu steps",
	      (unsigned long long)changes, (unsigned long long)nr_steps);
}

/* Lets a start end here: the next one recognises the region, and formats it. */
static void on_trap(int signal, siginfo_t *info, void *context)
{
	static u8 saved[BYTES];
	static struct ivring_ring others[RINGS_MOST], *list[RINGS_MOST];
	static struct ivring_left other_left;
	const enum ivring_found found = ivring_region_find(region, BYTES, &what);

	(void)signal;
	(void)info;
	(void)context;
	steps++;
	CHECK(found != IVRING_FOUND_FOREIGN, "step %llu: offset %llu", (unsigned long long)steps,
	      (unsigned long long)what.offset);
	if (steps % GO_ON)
		return;
	memcpy(saved, region, BYTES);
	for (u32 i = 0; i < geo.nr_rings; i++)
		list[i] = &others[i];
	ivring_region_attach(region, &cfg, &geo, list, &other_left);
	CHECK(header()->magic == IVRING_MAGIC && header()->checksum == checksum_of_region());
	CHECK(MARK == 0);
	memcpy(region, saved, BYTES);
	went_on++;
}

static void step_attach(bool continues)
{
	const u64 before = steps;
	bool known;

	__builtin_ia32_writeeflags_u64(__builtin_ia32_readeflags_u64() | TRAP_FLAG);
	known = attach_any();
	__builtin_ia32_writeeflags_u64(__builtin_ia32_readeflags_u64() & ~TRAP_FLAG);
	CHECK(known == continues);
	CHECK(steps > before + 1000, "%llu steps", (unsigned long long)(steps - before));
	CHECK(header()->checksum == checksum_of_region() && MARK == 0);
}

static void test_every_step(void)
{
	struct sigaction trap = { .sa_sigaction = on_trap, .sa_flags = SA_SIGINFO };
	struct ivring_config was = cfg;
	struct ivring_geometry whole = geo;

	sigaction(SIGTRAP, &trap, NULL);
	memset(region, 0, BYTES);
	step_attach(false);
	step_attach(true);
	header()->abi_major = 2;
	memset(region + 16, 0x77, 1008 - 16);
	step_attach(false);
	make_old();
	step_attach(false);
	cfg.nr_trace--;
	CHECK(ivring_region_plan(&cfg, &geo) == 0);
	step_attach(false);
	cfg = was;
	geo = whole;
	step_attach(false);
	/* A forced start is recognised from its first store on. */
	MARK = IVRING_MARK;
	memset(region + 2048, 0x55, BYTES - 2048);
	header()->magic = 0;
	step_attach(false);
}

int main(void)
{
	set_up(BYTES, 2, 4096);
	test_foreign();
	test_ours();
	test_flipped();
	test_changing();
	test_every_step();
	printf("foreign %llu\nours %llu\nsteps %llu\nwent_on %llu\n",
	       (unsigned long long)foreigners, (unsigned long long)ours,
	       (unsigned long long)steps, (unsigned long long)went_on);
	return 0;
}
