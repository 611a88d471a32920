// SPDX-License-Identifier: MIT
/*
 * Plays a guest that writes as fast as it can: one thread for each ring, interrupted by
 * signals whose handlers write, too. Usage: torn_writer PATH BYTES RINGS SECONDS
 *
 * Prints "ready" once the region is formatted, begins when a line comes on its
 * standard input, and ends with a line of figures for each ring.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>
#include "check.h"

#define RINGS_MOST	8
#define DEPTH_MOST	3

#ifndef sigev_notify_thread_id
#define sigev_notify_thread_id _sigev_un._tid
#endif

struct writer {
	struct ivring_ring ring;
	u64 attempted[DEPTH_MOST + 1];
	u64 seed[DEPTH_MOST + 1];
	u32 index;
	volatile u32 depth;
	pthread_t thread;
};

static struct writer writers[RINGS_MOST];
static _Thread_local struct writer *me;
static u64 end_ns;

/* Writes a record whose words are computed from ring, sequence and place. */
static void write_one(struct writer *w, u32 depth)
{
	u64 rnd = check_random(&w->seed[depth]);
	u32 seq, len = rnd % 32 ? (rnd >> 8) % 160 : (rnd >> 8) % (w->ring.max_payload + 1);
	void *payload = ivring_ring_reserve(&w->ring, TEST_ID, len, &seq);

	w->attempted[depth]++;
	if (!payload)
		return;
	check_message(payload, len, seq * 0x85ebca6bu + w->index * 0xc2b2ae35u);
	ivring_ring_commit(&w->ring);
}

static void on_signal(int signal)
{
	struct writer *w = me;

	(void)signal;
	if (w->depth == DEPTH_MOST)
		return;
	w->depth++;
	for (u32 n = check_random(&w->seed[w->depth]) % 4; n; n--)
		write_one(w, w->depth);
	w->depth--;
}

static void start_timer(int signal, long period_ns)
{
	struct sigevent event = { .sigev_notify = SIGEV_THREAD_ID, .sigev_signo = signal };
	struct itimerspec spec = { { 0, period_ns }, { 0, period_ns } };
	timer_t timer;

	event.sigev_notify_thread_id = gettid();
	CHECK(timer_create(CLOCK_MONOTONIC, &event, &timer) == 0);
	CHECK(timer_settime(timer, 0, &spec, NULL) == 0);
}

static void *write_ring(void *writer)
{
	struct writer *w = me = writer;
	sigset_t set;

	start_timer(SIGUSR1, 41000);
	start_timer(SIGUSR2, 67000);
	start_timer(SIGALRM, 101000);
	while (ivring_clock_monotonic() < end_ns) {
		for (u32 n = 0; n < 1000; n++)
			write_one(w, 0);
		/* Pause now and then, because the reader would hardly ever keep up otherwise. */
		if (check_random(&w->seed[0]) % 8 == 0)
			usleep(check_random(&w->seed[0]) % 1000);
	}
	sigfillset(&set);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	return NULL;
}

static void *map(const char *path, u64 bytes)
{
	int fd = open(path, O_RDWR | O_CREAT | O_EXCL, 0600);
	void *p;

	CHECK(fd >= 0 && ftruncate(fd, (off_t)bytes) == 0, "%s", path);
	p = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	CHECK(p != MAP_FAILED);
	close(fd);
	return p;
}

int main(int argc, char **argv)
{
	static const u8 boot_id[IVRING_BOOT_ID_BYTES] = "torn";
	/*
	 * A signal waits while its own handler runs, so that at most three nest: on a
	 * loaded machine timers may be faster than handlers, and without a limit the
	 * stack would be used up.
	 */
	struct sigaction act = { .sa_handler = on_signal, .sa_flags = SA_RESTART };
	struct ivring_config cfg = {
		.clock_id = IVRING_CLOCK_MONOTONIC, .clock_hz = 1000000000,
		.session_id = 1, .boot_id = boot_id, .block_bytes = 4096,
	};
	struct ivring_ring klog = { 0 }, *rings[RINGS_MOST + 1];
	struct ivring_geometry geo;
	struct ivring_left left;
	void *region;

	CHECK(argc == 5);
	cfg.region_bytes = (u64)atoll(argv[2]);
	cfg.nr_trace = (u32)atoi(argv[3]);
	CHECK(cfg.nr_trace <= RINGS_MOST && ivring_region_plan(&cfg, &geo) == 0);
	region = map(argv[1], cfg.region_bytes);
	for (u32 i = 0; i < cfg.nr_trace; i++) {
		rings[i] = &writers[i].ring;
		writers[i].index = i;
		for (u32 d = 0; d <= DEPTH_MOST; d++)
			writers[i].seed[d] = 88172645463325252ull + i * 8 + d;
	}
	rings[cfg.nr_trace] = &klog;
	CHECK(!ivring_region_attach(region, &cfg, &geo, rings, &left));
	ivring_live_beat(region, IVRING_STATE_RUNNING, 0, 0, 1);
	sigaction(SIGUSR1, &act, NULL);
	sigaction(SIGUSR2, &act, NULL);
	sigaction(SIGALRM, &act, NULL);
	printf("ready\n");
	fflush(stdout);
	CHECK(getchar() != EOF);
	end_ns = ivring_clock_monotonic() + (u64)(atof(argv[4]) * 1e9);
	for (u32 i = 0; i < cfg.nr_trace; i++)
		CHECK(!pthread_create(&writers[i].thread, NULL, write_ring, &writers[i]));
	for (u32 i = 0; i < cfg.nr_trace; i++)
		pthread_join(writers[i].thread, NULL);
	ivring_live_beat(region, IVRING_STATE_UNLOADED, 0, 0, 2);
	for (u32 i = 0; i < cfg.nr_trace; i++) {
		u64 *n = writers[i].attempted;

		printf("written_%u %llu\n", i, (unsigned long long)rings[i]->commit_seq);
		printf("dropped_%u %llu\n", i, (unsigned long long)rings[i]->dropped);
		printf("attempted_%u %llu\n", i, (unsigned long long)(n[0] + n[1] + n[2] + n[3]));
		printf("nested_%u %llu\n", i, (unsigned long long)(n[1] + n[2] + n[3]));
	}
	return 0;
}
