// SPDX-License-Identifier: MIT
/*
 * Writes one ring under a storm of signals, which nest three deep, and then walks it.
 * Usage: writer BLOCK_BYTES NR_BLOCKS ROUNDS
 */
#include <pthread.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>
#include "check.h"
#include "core/claim.h"

#define DEPTH_MOST	3
#define MESSAGE_MOST	30000u
/* The longest time for a storm in which no signal comes within another. */
#define LONGEST_S	300

/* Counts of one nesting depth, which no other depth touches. */
struct tally {
	u64 attempted;
	u64 dropped;
	u64 seed;
	u32 key;
	u8 buf[MESSAGE_MOST];
};

static struct ivring_ring ring;
static struct tally tallies[DEPTH_MOST + 1];
static volatile u32 depth;
static u64 delivered;
/* How crash() has changed the sequence beyond what the tallies count. */
static u64 extra, crashes, lost;
/* The last block begun by a writer that a new boot does not know about. */
static u64 forgotten;
/* How many boots found the oldest block gone, which nothing published shows. */
static u64 overwritten;
static bool stop;

static const int signals[] = { SIGUSR1, SIGUSR2, SIGALRM };

static u32 next_random(struct tally *t, u32 below)
{
	return (u32)(check_random(&t->seed) >> 20) % below;
}

/* Writes one record, as a caller in the driver would, with words made of its sequence. */
static void write_record(struct tally *t, u32 len)
{
	u32 seq;
	void *payload = ivring_ring_reserve(&ring, TEST_ID, len, &seq);

	t->attempted++;
	if (!payload) {
		t->dropped++;
		return;
	}
	check_fill(payload, len, seq);
	ivring_ring_commit(&ring);
}

static u32 random_length(struct tally *t)
{
	return next_random(t, next_random(t, 8) ? 200 : ring.max_payload + 1);
}

/* Writes one message, which is split if it is long. */
static void write_message(struct tally *t)
{
	const u32 most = ring.max_payload - (u32)sizeof(struct ivring_part);
	u32 size = next_random(t, next_random(t, 8) ? 300 : MESSAGE_MOST);
	int done;

	check_message(t->buf, size, t->key += 16);
	done = ivring_ring_write(&ring, IVRING_ID_MESSAGE, t->buf, size);
	if (done == (int)size && size <= ring.max_payload) {
		t->attempted++;
	} else if (done == (int)size) {
		t->attempted += (size + most - 1) / most;
	} else {
		CHECK(done == -ENOBUFS || (done > 0 && (u32)done % most == 0), "%d", done);
		t->attempted += (done > 0 ? (u32)done / most : 0) + 1;
		t->dropped++;
	}
}

static void write_some(struct tally *t)
{
	u32 n = next_random(t, 40) ? 1 + next_random(t, 3) : 30;

	while (n--)
		next_random(t, 4) ? write_record(t, random_length(t)) : write_message(t);
}

static void on_signal(int signal)
{
	(void)signal;
	__atomic_store_n(&delivered, delivered + 1, __ATOMIC_RELAXED);
	if (depth == DEPTH_MOST)
		return;
	depth++;
	write_some(&tallies[depth]);
	depth--;
}

/* Sends each signal once the one before has arrived, because they would pile up otherwise. */
static void *storm(void *writer)
{
	u64 seed = 42, seen = ~0ull, now;

	while (!__atomic_load_n(&stop, __ATOMIC_RELAXED)) {
		now = __atomic_load_n(&delivered, __ATOMIC_RELAXED);
		if (now == seen)
			continue;
		seen = now;
		pthread_kill(*(pthread_t *)writer, signals[check_random(&seed) % 3]);
		for (volatile u32 wait = check_random(&seed) % 8192; wait; wait--)
			;
	}
	return NULL;
}

static u64 sum_attempted(void)
{
	return tallies[0].attempted + tallies[1].attempted + tallies[2].attempted +
	       tallies[3].attempted;
}

static u64 sum_dropped(void)
{
	return tallies[0].dropped + tallies[1].dropped + tallies[2].dropped + tallies[3].dropped;
}

static u64 block_of(u64 commit)
{
	return ((commit & ~7ull) - 1) >> ring.block_shift;
}

/* Returns how many blocks are whole: a forgotten writer has taken the oldest ones' slots. */
static u32 whole_blocks(void)
{
	const u64 last = block_of(ring.live->commit);

	return ring.nr_blocks - (u32)(forgotten > last ? forgotten - last : 0);
}

/* Checks, while signals are blocked, that nothing is under way, and all is accounted for. */
static void check_quiet(struct walk *w)
{
	CHECK(ring.nest == 0);
	CHECK(ring.dropped == sum_dropped() && ring.live->drops == sum_dropped());
	CHECK(ring.live->commit_seq == sum_attempted() - sum_dropped() + extra, "%llu committed",
	      (unsigned long long)ring.live->commit_seq);
	check_ring_newest(&ring, ring.data, ring.live, whole_blocks(), w);
	CHECK(w->next_seq - w->first_seq == w->records + w->lost);
}

/*
 * Begins a record and never ends it; three others nest in it, which, if @far, are as
 * long as they can be, so that they may begin two more blocks. After a panic they are a
 * gap; a new boot knows only what was published, and so has no gap.
 */
static void crash(bool boot, bool far)
{
	const u64 seq = ring.commit_seq, old = block_of(ring.commit);
	u64 last, claimed = 4;
	struct walk w;

	CHECK(ivring_ring_reserve(&ring, TEST_ID, 20, NULL));
	for (int i = 0; i < 3; i++)
		write_record(&tallies[0], far ? ring.max_payload : random_length(&tallies[0]));
	CHECK(ring.nest == 1 && ring.live->commit_seq == seq);
	if (boot) {
		const u64 begun = block_of(extend((u32)ring.state & ~7u, ring.commit & ~7ull));

		forgotten = begun > forgotten ? begun : forgotten;
		overwritten += begun > old + 1;
		CHECK(ivring_ring_adopt(&ring));
		extra -= 3; /* the tallies count them, the sequence does not */
		claimed = 0;
	} else {
		extra++; /* the record begun */
	}
	ivring_ring_takeover(&ring, boot ? IVRING_TAKEOVER_BOOT : IVRING_TAKEOVER_PANIC);
	extra++; /* the marker */
	last = block_of(ring.commit);
	check_ring_newest(&ring, ring.data, ring.live, (u32)(last - old + 1), &w);
	CHECK(w.lost == claimed && w.takeovers >= 1 && w.next_seq == seq + claimed + 1,
	      "%llu lost", (unsigned long long)w.lost);
	check_quiet(&w);
	crashes++;
	lost += claimed;
}

int main(int argc, char **argv)
{
	const u32 block_bytes = argc == 4 ? (u32)atoi(argv[1]) : 0;
	const int rounds = argc == 4 ? atoi(argv[3]) : 0;
	const u32 nr_blocks = argc == 4 ? (u32)atoi(argv[2]) : 0;
	const time_t until = time(NULL) + LONGEST_S;
	struct sigaction act = { .sa_handler = on_signal, .sa_flags = SA_NODEFER };
	struct ivring_ring_live *live = check_map(4096);
	u8 *data = check_map((size_t)block_bytes * nr_blocks);
	u64 walked = 0, parts = 0, discards_fell = 0;
	pthread_t writer = pthread_self(), thread;
	sigset_t set;
	struct walk w;

	check_ring_init(&ring, data, live, block_bytes, nr_blocks);
	sigemptyset(&set);
	for (u32 i = 0; i < 3; i++) {
		sigaction(signals[i], &act, NULL);
		sigaddset(&set, signals[i]);
	}
	for (u32 i = 0; i <= DEPTH_MOST; i++) {
		tallies[i].seed = 88172645463325252ull + i;
		tallies[i].key = i << 28;
	}
	CHECK(pthread_create(&thread, NULL, storm, &writer) == 0);
	/* Go on for longer, but not for ever, if signals come too seldom to nest. */
	for (int round = 0; round < rounds || (tallies[2].attempted == 0 &&
					       time(NULL) < until); round++) {
		u64 goal = live->commit + check_random(&tallies[0].seed) %
			   (3ull * block_bytes * nr_blocks);

		pthread_sigmask(SIG_UNBLOCK, &set, NULL);
		while (__atomic_load_n(&live->commit, __ATOMIC_RELAXED) < goal)
			write_some(&tallies[0]);
		pthread_sigmask(SIG_BLOCK, &set, NULL);
		check_quiet(&w);
		walked += w.records;
		parts += w.parts;
		discards_fell += w.discards_fell;
		if (round % 2 && live->commit > 2 * block_bytes)
			crash(round % 4 == 1, round % 8 < 4);
	}
	__atomic_store_n(&stop, true, __ATOMIC_RELAXED);
	pthread_join(thread, NULL);
	printf("crashes %llu\noverwritten %llu\nlost %llu\n", (unsigned long long)crashes,
	       (unsigned long long)overwritten, (unsigned long long)lost);
	printf("sequence %llu\n", (unsigned long long)(live->commit_seq - extra));
	printf("attempted %llu\ndropped %llu\n",
	       (unsigned long long)sum_attempted(), (unsigned long long)sum_dropped());
	for (u32 i = 1; i <= DEPTH_MOST; i++)
		printf("depth_%u %llu\n", i, (unsigned long long)tallies[i].attempted);
	printf("laps %llu\nwalked %llu\nparts %llu\ndiscards_fell %llu\n",
	       (unsigned long long)(live->commit / block_bytes / nr_blocks),
	       (unsigned long long)walked, (unsigned long long)parts,
	       (unsigned long long)discards_fell);
	return 0;
}
