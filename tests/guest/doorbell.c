// SPDX-License-Identifier: MIT
/*
 * Tests when the doorbell is rung, with which value, and how often; how often also if
 * another CPU, or the host, comes in at each instruction of a write.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <ucontext.h>
#include <x86intrin.h>
#include "check.h"
#include "core/doorbell.h"

#define BLOCK_BYTES	4096u
#define NR_BLOCKS	8u
#define RING_BYTES	(BLOCK_BYTES * NR_BLOCKS)
#define TRAP_FLAG	0x100ull
#define VALUE		0x00ff0000u /* peer 255, vector 0 */
#define RECORD(len)	(16u + ALIGN((len), 8u))

static struct ivring_ring rings[2];
static struct ivring_ring_live *live;
static struct ivring_host *host;
static struct ivring_doorbell bell;
static u32 at_device;
static volatile u64 step, stop_at;
static void (*volatile meanwhile)(void);
/* How many rings the checks have seen. */
static u64 seen;
static u64 checks, steps;

static void start(void)
{
	static u8 *data[2];

	memset(host, 0, sizeof(*host));
	bell = (struct ivring_doorbell){ .host = host, .at = &at_device };
	at_device = 0;
	seen = 0;
	for (u32 i = 0; i < 2; i++) {
		if (!data[i])
			data[i] = check_map(RING_BYTES);
		check_ring_init(&rings[i], data[i], &live[i], BLOCK_BYTES, NR_BLOCKS);
		rings[i].bell = &bell;
	}
}

static void arm(u32 armed, u32 threshold)
{
	host->doorbell = cpu_to_le32(VALUE);
	host->threshold_bytes = cpu_to_le32(threshold);
	host->armed = cpu_to_le32(armed);
}

static void write_to(u32 i, u32 bytes)
{
	static u8 buf[30000];

	ivring_ring_write(&rings[i], IVRING_ID_MESSAGE, buf, bytes);
}

/* Checks that it was rung @count times since the last check, with the right value. */
static void expect(u64 count, const char *when)
{
	CHECK(ivring_doorbell_count(&bell) - seen == count, "%s: %llu times", when,
	      (unsigned long long)(bell.rings - seen));
	CHECK(at_device == (count ? VALUE : 0), "%s: %x", when, at_device);
	seen = bell.rings;
	at_device = 0;
	checks++;
}

static void restart(void)
{
	start();
	expect(0, "at the start");
}

static void check_armings(void)
{
	restart();
	write_to(0, 50);
	expect(0, "never armed");
	arm(7, 0);
	expect(0, "nothing written");
	write_to(0, 50);
	expect(1, "armed");
	for (u32 i = 0; i < 3000; i++)
		write_to(i % 2, i % 900);
	expect(0, "a storm after it was answered");
	arm(8, 0);
	write_to(1, 25000);
	expect(1, "a message in parts");
	arm(0xffffffff, 0);
	write_to(1, 0);
	expect(1, "an empty record");
	arm(1, 0);
	ivring_ring_takeover(&rings[0], IVRING_TAKEOVER_PANIC);
	expect(1, "a takeover");
	arm(2, 0);
	CHECK(!ivring_ring_reserve(&rings[0], 1, rings[0].max_payload + 1, NULL));
	expect(1, "a drop");
	arm(0, 0);
	write_to(0, 10);
	write_to(1, 10);
	expect(0, "disarmed");
	CHECK(bell.rung == 0, "each record would look again");
	arm(2, 0);
	write_to(0, 10);
	expect(1, "armed as it was before");
	arm(3, 0);
	host->doorbell = 0;
	write_to(0, 10);
	expect(0, "the guest itself");
	ivring_doorbell_ring(&bell);
	expect(0, "the guest itself, unasked");
	arm(4, 1 << 20);
	ivring_doorbell_ring(&bell);
	expect(1, "unasked");
	write_to(0, 10);
	expect(0, "that has answered the arming");
	ivring_doorbell_ring(NULL);
	CHECK(ivring_doorbell_count(NULL) == 0);
}

/* Checks that it is rung once @threshold bytes, or @most if that is less, are written. */
static void check_threshold(u32 threshold, u64 most, u32 bytes)
{
	const u64 wanted = most < threshold ? most : threshold;
	u64 from;

	restart();
	write_to(0, 777);
	arm(9, threshold);
	from = rings[0].commit & ~7ull;
	do {
		/* Only the bytes of one and the same ring count. */
		write_to(0, bytes);
		if ((rings[0].commit & ~7ull) - from < wanted)
			expect(0, "below the threshold");
	} while ((rings[0].commit & ~7ull) - from < wanted);
	expect(1, "at the threshold");
	arm(10, threshold);
	write_to(1, 100);
	if (threshold > RECORD(100))
		expect(0, "another ring counts by itself");
}

static void check_new_session(void)
{
	restart();
	arm(3, 1000);
	for (u32 i = 0; i < 40; i++)
		write_to(0, 3);
	ivring_ring_start(&rings[0]);
	write_to(0, 3);
	expect(1, "positions that restart");
}

static void on_trap(int signal, siginfo_t *info, void *context)
{
	(void)signal;
	(void)info;
	if (++step != stop_at)
		return;
	meanwhile();
	((ucontext_t *)context)->uc_mcontext.gregs[REG_EFL] &= ~(greg_t)TRAP_FLAG;
}

static void other_writes(void)
{
	write_to(1, 10);
}

static void host_arms_and_other_writes(void)
{
	arm(22, 0);
	write_to(1, 10);
}

static void nested_writes(void)
{
	write_to(0, 10);
}

/* Checks that it is never rung more often than armed, and does not stay silent. */
static void check_each_step(void (*what)(void), u32 armings)
{
	for (u64 at = 1, ended = 0; !ended; at++) {
		restart();
		write_to(0, 3000);
		arm(21, 0);
		meanwhile = what;
		stop_at = at;
		step = 0;
		__writeeflags(__readeflags() | TRAP_FLAG);
		write_to(0, 10);
		__writeeflags(__readeflags() & ~TRAP_FLAG);
		ended = step < at;
		write_to(0, 10);
		write_to(1, 10);
		if (!ended)
			CHECK(bell.rings >= 1 && bell.rings <= armings, "step %llu: %llu",
			      (unsigned long long)at, (unsigned long long)bell.rings);
		CHECK(bell.rung == le32_to_cpu(host->armed));
		steps++;
	}
}

int main(void)
{
	struct sigaction act = { .sa_sigaction = on_trap, .sa_flags = SA_SIGINFO };

	live = check_map(4096);
	host = check_map(4096);
	sigaction(SIGTRAP, &act, NULL);
	check_armings();
	check_threshold(1, RING_BYTES / 2, 10);
	check_threshold(1000, RING_BYTES / 2, 100);
	check_threshold(1000, RING_BYTES / 2, 1500);
	check_threshold(RECORD(64), RING_BYTES / 2, 64);
	check_threshold(RECORD(64) + 1, RING_BYTES / 2, 64);
	check_threshold(5 * BLOCK_BYTES, RING_BYTES / 2, 900);
	check_threshold(0xffffffff, RING_BYTES / 2, 300);
	check_new_session();
	check_each_step(other_writes, 1);
	check_each_step(nested_writes, 1);
	check_each_step(host_arms_and_other_writes, 2);
	printf("checks %llu\nsteps %llu\n", (unsigned long long)checks,
	       (unsigned long long)steps);
	return 0;
}
