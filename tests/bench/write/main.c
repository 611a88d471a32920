// SPDX-License-Identifier: MIT
/*
 * Measures contenders in turn, round after round, in slices of some
 * milliseconds, so that what disturbs the machine disturbs them alike.
 *
 * Usage: write PATH mono|tsc|none THREADS SIZE ROUNDS SLICE_US WARM_US NAME...
 *
 * PATH is made anew for our own region. With WARM_US, each slice begins with
 * writing for that time that is not measured, and the program first prints
 * "ready" and waits for SIGUSR1, so that a reader has time to attach.
 *
 * Prints "ring_bytes N" and a line "NAME NS" for each slice: the ns for a
 * record, as the mean of the threads. A slice in which a thread did not have
 * its CPU to itself (or not at the same time as the other) is measured again,
 * because threads that take turns do not get into each other's way.
 */
#define _GNU_SOURCE
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>
#include "contender.h"

/* Records between two looks at the clock, which then costs a record less than 0.1 ns. */
#define STRIDE		512u
#define RING_BYTES	(2u << 20)
#define PAYLOAD_MOST	4096
/* In percent of a slice: how long its thread must run, and how late it may begin. */
#define UNDISTURBED	97
#define LATE		10
/* If the machine is too busy even for that, the last try counts. */
#define TRIES		20

static const struct contender *const all[] = {
	&floor_copy, &ours, &spin_ring, &xadd_ring, &fifo,
#ifdef WITH_CK
	&ck_copy,
#endif
#ifdef WITH_LTTNG
	&lttng,
#endif
};

struct slice {
	const struct contender *who;
	u64 warm_ns;
	u64 slice_ns;
};

static struct setup setup;
static struct slice slice;
static pthread_barrier_t begin, end;
static double ns_a_record[THREADS_MOST];
static bool disturbed[THREADS_MOST];
static u64 began_ns[THREADS_MOST];
static u8 payload[PAYLOAD_MOST] __attribute__((aligned(64)));

void *map_ring(size_t bytes)
{
	void *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	MUST(p != MAP_FAILED);
	memset(p, 0, bytes);
	return p;
}

static const struct contender *find(const char *name)
{
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (!strcmp(all[i]->name, name))
			return all[i];
	fprintf(stderr, "no contender %s\n", name);
	_Exit(1);
}

static u64 cpu_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (u64)t.tv_sec * 1000000000ULL + (u64)t.tv_nsec;
}

/* Writes for @ns; returns the ns that a record took. */
static double write_for(u32 thread, u64 ns)
{
	void (*const write_one)(u32, const void *, size_t) = slice.who->write;
	const u64 most = slice.who->batch ? slice.who->batch(&setup) : 0;
	const u64 stride = most && most < STRIDE ? most : STRIDE;
	u64 spent = 0, records = 0, room = most, from, now;

	if (most)
		slice.who->empty(thread);
	from = ivring_clock_monotonic();
	do {
		for (u64 i = 0; i < stride; i++)
			write_one(thread, payload, setup.size);
		records += stride;
		now = ivring_clock_monotonic();
		spent += now - from;
		from = now;
		if (!most)
			continue;
		room -= stride;
		if (room < stride) {
			slice.who->empty(thread);
			room = most;
			from = ivring_clock_monotonic();
		}
	} while (spent < ns);
	return (double)spent / (double)records;
}

static void *work(void *arg)
{
	const u32 thread = (u32)(size_t)arg;
	u64 cpu, wall;
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(thread % (u32)sysconf(_SC_NPROCESSORS_ONLN), &set);
	sched_setaffinity(0, sizeof(set), &set); /* if it may not: measured all the same */
	for (;;) {
		pthread_barrier_wait(&begin);
		if (!slice.who)
			return NULL;
		write_for(thread, slice.warm_ns);
		wall = began_ns[thread] = ivring_clock_monotonic();
		cpu = cpu_ns();
		ns_a_record[thread] = write_for(thread, slice.slice_ns);
		cpu = cpu_ns() - cpu;
		wall = ivring_clock_monotonic() - wall;
		disturbed[thread] = cpu * 100 < wall * UNDISTURBED;
		pthread_barrier_wait(&end);
	}
}

/* Tells whether the threads had CPUs of their own at the same time. */
static bool undisturbed(void)
{
	const u32 last = setup.threads - 1;
	const s64 apart = (s64)(began_ns[0] - began_ns[last]);

	return !disturbed[0] && !disturbed[last] &&
	       (u64)(apart < 0 ? -apart : apart) < slice.slice_ns * LATE / 100;
}

static void measure(const struct contender *who)
{
	double sum = 0;
	int tries = 0;

	slice.who = who;
	do {
		pthread_barrier_wait(&begin);
		pthread_barrier_wait(&end);
	} while (!undisturbed() && ++tries < TRIES);
	for (u32 t = 0; t < setup.threads; t++)
		sum += ns_a_record[t];
	printf("%s %.3f\n", who->name, sum / setup.threads);
}

static u32 clock_named(const char *name)
{
	if (!strcmp(name, "mono"))
		return IVRING_CLOCK_MONOTONIC;
	return strcmp(name, "tsc") ? IVRING_CLOCK_NONE : IVRING_CLOCK_TSC;
}

int main(int argc, char **argv)
{
	pthread_t threads[THREADS_MOST];
	int rounds, signal;
	sigset_t usr1;

	MUST(argc > 8);
	sigemptyset(&usr1);
	sigaddset(&usr1, SIGUSR1);
	sigprocmask(SIG_BLOCK, &usr1, NULL);
	setup = (struct setup){
		.path = argv[1], .clock_id = clock_named(argv[2]), .threads = (u32)atoi(argv[3]),
		.size = (size_t)atol(argv[4]), .ring_bytes = RING_BYTES,
	};
	rounds = atoi(argv[5]);
	slice.slice_ns = (u64)atol(argv[6]) * 1000;
	slice.warm_ns = (u64)atol(argv[7]) * 1000;
	MUST(setup.threads >= 1 && setup.threads <= THREADS_MOST && setup.size <= PAYLOAD_MOST);
	for (size_t i = 0; i < sizeof(payload); i++)
		payload[i] = (u8)('a' + i % 26);
	ours.start(&setup);
	/* Floor and rivals get rings that are as large as ours turned out to be. */
	setup.ring_bytes = the_ring_bytes(&setup);
	for (int i = 8; i < argc; i++)
		if (find(argv[i]) != &ours)
			find(argv[i])->start(&setup);
	pthread_barrier_init(&begin, NULL, setup.threads + 1);
	pthread_barrier_init(&end, NULL, setup.threads + 1);
	for (u32 t = 0; t < setup.threads; t++)
		MUST(!pthread_create(&threads[t], NULL, work, (void *)(size_t)t));
	if (slice.warm_ns) {
		printf("ready\n");
		fflush(stdout);
		MUST(sigwait(&usr1, &signal) == 0);
	}
	printf("ring_bytes %zu\n", setup.ring_bytes);
	/* The round before the first one warms up caches, and is not printed. */
	for (int i = 8; i < argc; i++) {
		slice.who = find(argv[i]);
		pthread_barrier_wait(&begin);
		pthread_barrier_wait(&end);
	}
	for (int r = 0; r < rounds; r++)
		for (int i = 8; i < argc; i++)
			measure(find(argv[i]));
	slice.who = NULL;
	pthread_barrier_wait(&begin);
	for (u32 t = 0; t < setup.threads; t++)
		pthread_join(threads[t], NULL);
	return 0;
}
