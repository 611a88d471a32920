// SPDX-License-Identifier: MIT
/*
 * Interrupts a write at each of its instructions in turn, by single-stepping it, so
 * that what interrupts and NMIs may do is tried completely and not at random. The
 * write is stepped through once; at each step a copy of the process is made, in
 * which the interrupt comes there. To step up to there each time would take fifteen
 * times as long.
 */
#define _GNU_SOURCE
#include <setjmp.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>
#include <x86intrin.h>
#include "check.h"

#define BLOCK_BYTES	4096u
#define NR_BLOCKS	4u
#define DATA_BYTES	(BLOCK_BYTES * NR_BLOCKS)
#define TRAP_FLAG	0x100ull

static struct ivring_ring ring;
static struct ivring_ring_live *live;
static u8 *data;

/* What happens in each run at the step at which it begins. */
enum plan {
	INTERRUPT,		/* An interrupt; what it interrupts goes on. */
	ABANDON,		/* What was running does not go on. */
	INTERRUPT_AND_ABANDON,	/* An interrupt, and this ABANDON_LATER steps later. */
};
#define ABANDON_LATER	60u

static enum plan plan;
static bool is_run;
static volatile u64 step, abandon_at;
static void (*volatile interrupt)(void);
static sigjmp_buf abandoned;

/* Sums over all runs, in all processes, by which a test that did nothing is recognised. */
static struct {
	u64 runs, adopts, drops, lost_records, discards_fell;
} *sums;

static void write_one(u32 len)
{
	u32 seq;
	void *payload = ivring_ring_reserve(&ring, TEST_ID, len, &seq);

	if (!payload)
		return;
	check_fill(payload, len, seq);
	ivring_ring_commit(&ring);
}

static void write_small(void)
{
	write_one(20);
}

static void write_two_blocks(void)
{
	for (int i = 0; i < 3; i++)
		write_one(ring.max_payload - 3);
}

/* Writes more than the ring takes while the outer write holds the commit back. */
static void write_until_dropped(void)
{
	for (int i = 0; i < 9; i++)
		write_one(ring.max_payload);
}

static void take_over(void)
{
	ivring_ring_takeover(&ring, IVRING_TAKEOVER_PANIC);
}

/* Plays a crash at this point: a new driver start adopts what shared memory holds. */
static void adopt_copy(void)
{
	static u8 copy[DATA_BYTES];
	static struct ivring_ring_live live_copy;
	struct ivring_ring next = ring;
	u64 seq = live->commit_seq;
	struct walk w;

	memcpy(copy, data, sizeof(copy));
	live_copy = *live;
	next.data = copy;
	next.live = &live_copy;
	next.epoch++;
	CHECK(ivring_ring_adopt(&next), "at step %llu", (unsigned long long)step);
	ivring_ring_takeover(&next, IVRING_TAKEOVER_BOOT);
	check_ring_newest(&next, copy, &live_copy, check_intact(&next, copy, live_copy.commit),
			  &w);
	CHECK(w.next_seq == seq + 1 && w.takeovers > 0);
	sums->adopts++;
}

/* Makes the process of a run, and waits for it; returns true in that process. */
static bool begin_run(void)
{
	int status;
	pid_t child = fork();

	CHECK(child >= 0);
	if (!child) {
		is_run = true;
		return true;
	}
	CHECK(waitpid(child, &status, 0) == child && status == 0, "the run from step %llu",
	      (unsigned long long)step);
	return false;
}

static void on_trap(int signal, siginfo_t *info, void *context)
{
	ucontext_t *u = context;

	(void)signal;
	(void)info;
	step++;
	if (!is_run) {
		/* With two things to happen, every third step has to do. */
		if ((plan == INTERRUPT_AND_ABANDON && step % 3 != 1) || !begin_run())
			return;
		abandon_at = plan == INTERRUPT ? 0 : step;
		if (plan == INTERRUPT_AND_ABANDON)
			abandon_at += ABANDON_LATER;
		if (plan != ABANDON)
			interrupt();
	}
	if (step == abandon_at)
		siglongjmp(abandoned, 1);
	if (step > abandon_at)
		u->uc_mcontext.gregs[REG_EFL] &= ~(greg_t)TRAP_FLAG;
}

/*
 * Runs @outer as @what says, once for each step, and once undisturbed. Returns each
 * time, in a process of its own: true if it ended, false if it was abandoned on its
 * way. Whoever calls this has to call end_run() at last.
 */
static bool run_stepped(void (*outer)(void), enum plan what)
{
	step = 0;
	plan = what;
	if (sigsetjmp(abandoned, 0))
		return false;
	__writeeflags(__readeflags() | TRAP_FLAG);
	outer();
	__writeeflags(__readeflags() & ~TRAP_FLAG);
	return true;
}

/* Ends the process of a run; the undisturbed one goes on. */
static void end_run(void)
{
	if (is_run)
		_exit(0);
}

/* Fills a ring so that its last block holds @used bytes, after @blocks others. */
static void prepare(u32 blocks, u32 used)
{
	memset(data, 0, DATA_BYTES);
	check_ring_init(&ring, data, live, BLOCK_BYTES, NR_BLOCKS);
	while (blocks--) {
		write_one(ring.max_payload);
		write_one(ring.max_payload);
	}
	if (!used)
		return;
	write_one(ring.max_payload);
	write_one(used - BLOCK_BYTES / 2 - (u32)sizeof(struct ivring_block) / 2 -
		  (u32)sizeof(struct ivring_record));
}

/* Checks that everything is published, with @least to @most numbers in a gap. */
static void finish(u64 least, u64 most, u32 markers)
{
	struct walk w;

	CHECK(ring.nest == 0 && live->drops == ring.dropped);
	CHECK((u32)(ring.state >> 32) == (u32)live->commit_seq, "a record stayed unpublished");
	check_ring(&ring, data, live, &w);
	CHECK(w.lost >= least && w.lost <= most, "%llu lost, not %llu to %llu",
	      (unsigned long long)w.lost, (unsigned long long)least, (unsigned long long)most);
	CHECK(w.takeovers == markers, "%llu takeovers, not %u",
	      (unsigned long long)w.takeovers, markers);
	CHECK(w.records + w.lost == w.next_seq - w.first_seq);
	sums->runs++;
	sums->drops += ring.dropped;
	sums->lost_records += w.lost;
	sums->discards_fell += w.discards_fell;
}

struct scene {
	u32 blocks;
	u32 used;
};

/*
 * The write comes in the middle of a block; into the next block, after laps; behind a
 * block that is exactly full; first of all.
 */
static const struct scene scenes[] = {
	{ 1, 3000 }, { 13, 4070 }, { 3, 0 }, { 0, 0 },
};

static void (*const interrupts[])(void) = {
	write_small, write_two_blocks, write_until_dropped, adopt_copy,
};

/* The record is short, because copying it is stepped through, too. */
static void reserve_and_commit(void)
{
	write_one(12);
}

/* Takes the short way, if there is room. */
static void write_message(void)
{
	u8 buf[12];

	check_message(buf, sizeof(buf), 77);
	ivring_ring_write(&ring, IVRING_ID_MESSAGE, buf, sizeof(buf));
}

static void (*outer_write)(void);

/* Interrupts one write at every instruction; it goes on afterwards. */
static void interrupt_writes(const struct scene *s)
{
	prepare(s->blocks, s->used);
	CHECK(run_stepped(outer_write, INTERRUPT));
	finish(0, 0, 0);
	end_run();
}

/* Interrupts a takeover, after a record never committed and one nested in it. */
static void interrupt_takeovers(const struct scene *s)
{
	prepare(s->blocks, s->used);
	CHECK(ivring_ring_reserve(&ring, TEST_ID, ring.max_payload, NULL));
	write_small();
	CHECK(run_stepped(take_over, INTERRUPT));
	/* Records that the interrupt wrote ahead of the marker are in the gap, too. */
	finish(2, interrupt == adopt_copy ? 2 : 3, 1);
	end_run();
}

static bool interrupted_nobody;

static void write_noting(void)
{
	interrupted_nobody = ring.nest == 0;
	write_small();
}

/* Interrupts a takeover while nobody is inside: what the interrupt publishes stays. */
static void interrupt_idle_takeovers(const struct scene *s)
{
	interrupt = write_noting;
	prepare(s->blocks, s->used);
	interrupted_nobody = true;
	CHECK(run_stepped(take_over, INTERRUPT));
	/* Within the takeover, the interrupt claims before the marker, or after it. */
	finish(0, interrupted_nobody ? 0 : 1, 1);
	end_run();
}

/*
 * Abandons one write at every instruction, or some steps after an interrupt. Exactly
 * the records that were claimed and not committed are lost.
 */
static void abandon_writes(const struct scene *s, enum plan what)
{
	prepare(s->blocks, s->used);
	if (!run_stepped(outer_write, what)) {
		u64 lost = (u32)(ring.state >> 32) - check_seq_at(&ring, ring.commit);

		CHECK(lost <= 4);
		take_over();
		write_small();
		finish(lost, lost, 1);
	}
	end_run();
}

/* Plays a panic within the takeover of a panic. */
static void abandon_takeovers(const struct scene *s)
{
	u64 before;

	prepare(s->blocks, s->used);
	before = ring.commit;
	if (!run_stepped(take_over, ABANDON)) {
		u64 lost = (u32)(ring.state >> 32) - check_seq_at(&ring, ring.commit);
		u32 markers = 1 + (ring.commit != before);

		CHECK(lost <= 1);
		take_over();
		write_small();
		finish(lost, lost, markers);
	}
	end_run();
}

int main(void)
{
	struct sigaction act = { .sa_sigaction = on_trap, .sa_flags = SA_SIGINFO | SA_NODEFER };
	const u32 nr_scenes = sizeof(scenes) / sizeof(*scenes);

	live = check_map(4096);
	data = check_map(DATA_BYTES);
	sums = mmap(NULL, sizeof(*sums), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	CHECK(sums != MAP_FAILED);
	sigaction(SIGTRAP, &act, NULL);
	outer_write = write_message;
	for (u32 k = 0; k < 4; k++) {
		interrupt = interrupts[k];
		interrupt_writes(&scenes[0]);
	}
	interrupt = write_message;
	interrupt_writes(&scenes[0]);
	interrupt_takeovers(&scenes[1]);
	interrupt = write_two_blocks;
	abandon_writes(&scenes[0], ABANDON);
	abandon_writes(&scenes[0], INTERRUPT_AND_ABANDON);
	outer_write = reserve_and_commit;
	for (u32 i = 0; i < nr_scenes; i++) {
		for (u32 k = 0; k < 4; k++) {
			interrupt = interrupts[k];
			interrupt_writes(&scenes[i]);
			if (i > 0 && (interrupt == write_small || interrupt == adopt_copy))
				interrupt_takeovers(&scenes[i]);
		}
		if (i == 0)
			continue;
		interrupt = write_two_blocks;
		abandon_writes(&scenes[i], ABANDON);
		abandon_writes(&scenes[i], INTERRUPT_AND_ABANDON);
		abandon_takeovers(&scenes[i]);
		interrupt_idle_takeovers(&scenes[i]);
	}
	printf("runs %llu\nadopts %llu\ndrops %llu\nlost %llu\ndiscards_fell %llu\n",
	       (unsigned long long)sums->runs,
	       (unsigned long long)sums->adopts, (unsigned long long)sums->drops,
	       (unsigned long long)sums->lost_records, (unsigned long long)sums->discards_fell);
	return 0;
}
