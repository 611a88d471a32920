// SPDX-License-Identifier: MIT
/*
 * Runs a program and prints what it took. Usage: launch null|pipe|FILE
 * COMMAND...
 *
 * Its standard output goes to /dev/null, into a pipe that a cat empties, or to
 * a new file, which is removed afterwards. Prints lines "NAME NUMBER": wall_ns
 * (for the pipe, until the cat has ended too), user_us, system_us, resident_kib
 * (at its largest), code.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include "reader.h"

static pid_t start(char **command, int in, int out)
{
	pid_t child = vfork();

	if (child)
		return child;
	dup2(in, 0);
	dup2(out, 1);
	execvp(command[0], command);
	_exit(127);
}

static long long us(struct timeval t)
{
	return t.tv_sec * 1000000LL + t.tv_usec;
}

int main(int argc, char **argv)
{
	char *cat[] = { "cat", NULL };
	int null, out, ends[2], status;
	struct rusage usage;
	pid_t child, reader = 0;
	u64 from, wall;

	MUST(argc > 2);
	null = open("/dev/null", O_RDWR | O_CLOEXEC);
	MUST(null >= 0);
	from = ivring_clock_monotonic();
	if (!strcmp(argv[1], "pipe")) {
		MUST(pipe2(ends, O_CLOEXEC) == 0);
		reader = start(cat, ends[0], null);
		out = ends[1];
		close(ends[0]);
	} else {
		bool to_null = !strcmp(argv[1], "null");

		out = to_null ? null : open(argv[1], O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	}
	MUST(out >= 0);
	child = start(argv + 2, null, out);
	close(out);
	MUST(child > 0 && wait4(child, &status, 0, &usage) == child);
	if (reader)
		MUST(waitpid(reader, NULL, 0) == reader);
	wall = ivring_clock_monotonic() - from;
	if (!reader && strcmp(argv[1], "null"))
		unlink(argv[1]);
	printf("wall_ns %llu\n", (unsigned long long)wall);
	printf("user_us %lld\n", us(usage.ru_utime));
	printf("system_us %lld\n", us(usage.ru_stime));
	printf("resident_kib %ld\n", usage.ru_maxrss);
	printf("code %d\n", WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
	return 0;
}
