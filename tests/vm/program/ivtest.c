// SPDX-License-Identifier: MIT
/*
 * Test only: runs inside the guest what tests with virtual machines need. It is
 * one program, linked statically, whose first argument says what to do.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "../module/stream.h"

#define DEVICE	"/dev/ivring0"

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static void pin(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set))
		die("sched_setaffinity");
}

static int open_device(void)
{
	int fd = open(DEVICE, O_WRONLY);

	if (fd < 0)
		die(DEVICE);
	return fd;
}

/* user CPU COUNT: writes the known stream through the device */
static int cmd_user(int cpu, unsigned int count)
{
	static char buf[STREAM_BYTES_MAX];
	unsigned long bytes = 0;
	int fd = open_device();

	pin(cpu);
	for (unsigned int n = 0; n < count; n++) {
		unsigned int size = stream_fill(buf, cpu, STREAM_USER, n);

		if (write(fd, buf, size) != (ssize_t)size)
			die("write");
		bytes += size;
	}
	printf("cpu=%d user=%u bytes=%lu\n", cpu, count, bytes);
	return 0;
}

/*
 * until CPU FILE NUMBER: writes the known stream until the file exists. It
 * pauses for 1 ms or more after each NUMBER of messages; never, if NUMBER is 0.
 * What the driver drops is counted, and is missing in the stream.
 */
static int cmd_until(int cpu, const char *stop, unsigned int number)
{
	static const struct timespec pause = { 0, 1000000 };
	static char buf[STREAM_BYTES_MAX];
	const unsigned int round = number ? number : 64;
	unsigned long bytes = 0;
	unsigned int n = 0, dropped = 0;
	int fd = open_device();

	pin(cpu);
	while (n % round || access(stop, F_OK)) {
		unsigned int size = stream_fill(buf, cpu, STREAM_USER, n++);

		if (write(fd, buf, size) == (ssize_t)size)
			bytes += size;
		else if (errno == ENOBUFS)
			dropped++;
		else
			die("write");
		if (number && n % round == 0)
			nanosleep(&pause, NULL);
	}
	printf("cpu=%d user=%u bytes=%lu dropped=%u\n", cpu, n, bytes, dropped);
	return 0;
}

/* kernel CPU COMMAND: lets the test module run a command on a CPU */
static int cmd_kernel(int cpu, const char *command)
{
	char result[256];
	int fd = open("/dev/ivring_test", O_RDWR);
	ssize_t n;

	if (fd < 0)
		die("/dev/ivring_test");
	pin(cpu);
	if (write(fd, command, strlen(command)) < 0)
		die(command);
	n = pread(fd, result, sizeof(result), 0);
	if (n < 0)
		die("result");
	return fwrite(result, 1, (size_t)n, stdout) == (size_t)n ? 0 : 1;
}

/* Sleeps until *word is no longer @seen, but at most 1 s. */
static void wait_for_change(uint32_t *word, uint32_t seen)
{
	struct timespec limit = { 1, 0 };

	syscall(SYS_futex, word, FUTEX_WAIT, seen, &limit, NULL, 0);
}

/* token CPUS ROUNDS: whoever has the token writes its number and passes it on */
static int cmd_token(int cpus, unsigned int rounds)
{
	uint32_t *token = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
			       -1, 0);
	int failed = 0, status;

	if (token == MAP_FAILED)
		die("mmap");
	for (int cpu = 0; cpu < cpus; cpu++) {
		if (fork())
			continue;
		int fd = open_device();
		uint32_t n;

		pin(cpu);
		while ((n = __atomic_load_n(token, __ATOMIC_ACQUIRE)) < rounds) {
			char line[32];
			int size;

			if ((int)(n % (uint32_t)cpus) != cpu) {
				wait_for_change(token, n);
				continue;
			}
			size = snprintf(line, sizeof(line), "token %u\n", n);
			if (write(fd, line, (size_t)size) != size)
				die("write");
			__atomic_store_n(token, n + 1, __ATOMIC_RELEASE);
			syscall(SYS_futex, token, FUTEX_WAKE, cpus, NULL, NULL, 0);
		}
		_exit(0);
	}
	while (wait(&status) > 0)
		failed |= status;
	return failed != 0;
}

/*
 * loop|reopen FILE: writes to the device until the file exists, whatever
 * happens to the device; on one descriptor, or opening it again whenever it has
 * gone.
 */
static int cmd_loop(bool reopen, const char *stop)
{
	static const char text[] = "from a looping writer\n";
	unsigned long written = 0, no_device = 0, other = 0, opened = 1;
	int fd = open_device();

	while (access(stop, F_OK)) {
		if (write(fd, text, sizeof(text) - 1) == (ssize_t)sizeof(text) - 1) {
			written++;
		} else if (errno != ENODEV) {
			other++;
		} else {
			no_device++;
			if (reopen) {
				int again = open(DEVICE, O_WRONLY);

				if (again >= 0) {
					dup2(again, fd);
					close(again);
					opened++;
				}
			}
		}
	}
	printf("written=%lu no_device=%lu other=%lu opened=%lu\n", written, no_device, other,
	       opened);
	return 0;
}

/* flood UID CPU COUNT BYTES: writes as that user, as fast as it can */
static int cmd_flood(unsigned int uid, int cpu, unsigned int count, size_t bytes)
{
	unsigned long written = 0, again = 0, too_long = 0, other = 0;
	char *text = malloc(bytes);
	int fd;

	if (!text || setresgid(uid, uid, uid) || setresuid(uid, uid, uid))
		die("flood");
	memset(text, 'f', bytes);
	fd = open_device();
	pin(cpu);
	while (count--) {
		if (write(fd, text, bytes) == (ssize_t)bytes)
			written++;
		else if (errno == EAGAIN)
			again++;
		else if (errno == EMSGSIZE)
			too_long++;
		else
			other++;
	}
	printf("written=%lu again=%lu too_long=%lu other=%lu\n", written, again, too_long, other);
	return 0;
}

static const char *outcome(ssize_t n)
{
	static char text[8][32];
	static int next;
	char *s = text[next++ % 8];

	if (n < 0)
		snprintf(s, sizeof(text[0]), "%s", strerrorname_np(errno));
	else
		snprintf(s, sizeof(text[0]), "%zd", n);
	return s;
}

/* abi: prints what the device returns for each kind of call */
static int cmd_abi(void)
{
	static char big[300000], back[8];
	struct iovec v[3] = { { "one ", 4 }, { "message, ", 9 }, { "three pieces\n", 13 } };
	void *volatile nowhere = (void *)8;
	struct iovec bad[2] = { { "good ", 5 }, { nowhere, 100 } };
	int fd = open_device();

	printf("writev=%s\n", outcome(writev(fd, v, 3)));
	printf("badwritev=%s\n", outcome(writev(fd, bad, 2)));
	printf("badwrite=%s\n", outcome(write(fd, nowhere, 100)));
	printf("empty=%s\n", outcome(write(fd, "", 0)));
	memset(big, 'y', sizeof(big));
	printf("long=%s\n", outcome(write(fd, big, sizeof(big))));
	memset(big, 'z', 102400);
	big[102399] = '\n';
	printf("parts=%s\n", outcome(write(fd, big, 102400)));
	printf("lseek=%s\n", outcome(lseek(fd, 0, SEEK_SET)));
	printf("pwrite=%s\n", outcome(pwrite(fd, "x", 1, 0)));
	close(fd);
	printf("read=%s\n", outcome(open(DEVICE, O_RDONLY) < 0 ? -1 :
				    read(open(DEVICE, O_RDONLY), back, sizeof(back))));
	return 0;
}

/* kmsg: prints all that /dev/kmsg has, in its own form */
static int cmd_kmsg(void)
{
	static char record[16384];
	int fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK);
	ssize_t n;

	if (fd < 0)
		die("/dev/kmsg");
	/* EPIPE means that the next record was overwritten; the one after it says so. */
	while ((n = read(fd, record, sizeof(record))) > 0 || (n < 0 && errno == EPIPE))
		if (n > 0 && fwrite(record, 1, (size_t)n, stdout) != (size_t)n)
			die("stdout");
	return errno == EAGAIN ? 0 : 1;
}

/* say CPU COUNT: writes messages of all kinds to the kernel's log */
static int cmd_say(int cpu, unsigned int count)
{
	static char text[2048];
	int fd = open("/dev/kmsg", O_WRONLY), at;

	if (fd < 0)
		die("/dev/kmsg");
	pin(cpu);
	for (unsigned int n = 0; n < count; n++) {
		at = snprintf(text, sizeof(text), "<%u>say %d %u ", n % 192, cpu, n);
		if (n % 7 == 3) /* several lines, one of them empty */
			at += snprintf(text + at, 100, "one\ntwo\n\n[    1.000000] four");
		if (n % 11 == 5) /* as long as the kernel takes */
			for (; at < 960; at++)
				text[at] = (char)('a' + at % 26);
		if (n % 13 == 7) /* any bytes */
			at += snprintf(text + at, 100, "\xc3\xa4 \t\x01\x7f\x80\x9f\xff \\x41");
		text[at++] = '\n';
		if (write(fd, text, (size_t)at) != at)
			die("write");
	}
	return 0;
}

/* raw FILE: prints a trace_pipe_raw up to where it would wait for more */
static int cmd_raw(const char *path)
{
	static char page[4096];
	int fd = open(path, O_RDONLY | O_NONBLOCK);
	ssize_t n;

	if (fd < 0)
		die(path);
	while ((n = read(fd, page, sizeof(page))) > 0)
		if (fwrite(page, 1, sizeof(page), stdout) != sizeof(page))
			die("stdout");
	return n == 0 || errno == EAGAIN ? 0 : 1;
}

int main(int argc, char **argv)
{
	if (argc == 4 && !strcmp(argv[1], "user"))
		return cmd_user(atoi(argv[2]), (unsigned int)atoi(argv[3]));
	if (argc == 5 && !strcmp(argv[1], "until"))
		return cmd_until(atoi(argv[2]), argv[3], (unsigned int)atoi(argv[4]));
	if (argc == 4 && !strcmp(argv[1], "kernel"))
		return cmd_kernel(atoi(argv[2]), argv[3]);
	if (argc == 4 && !strcmp(argv[1], "token"))
		return cmd_token(atoi(argv[2]), (unsigned int)atoi(argv[3]));
	if (argc == 3 && (!strcmp(argv[1], "loop") || !strcmp(argv[1], "reopen")))
		return cmd_loop(!strcmp(argv[1], "reopen"), argv[2]);
	if (argc == 6 && !strcmp(argv[1], "flood"))
		return cmd_flood((unsigned int)atoi(argv[2]), atoi(argv[3]),
				 (unsigned int)atoi(argv[4]), (size_t)atoi(argv[5]));
	if (argc == 2 && !strcmp(argv[1], "abi"))
		return cmd_abi();
	if (argc == 2 && !strcmp(argv[1], "kmsg"))
		return cmd_kmsg();
	if (argc == 4 && !strcmp(argv[1], "say"))
		return cmd_say(atoi(argv[2]), (unsigned int)atoi(argv[3]));
	if (argc == 3 && !strcmp(argv[1], "raw"))
		return cmd_raw(argv[2]);
	fprintf(stderr, "usage: ivtest user|until|kernel|token|loop|reopen|flood|abi|kmsg|say|raw ...\n");
	return 2;
}
