// SPDX-License-Identifier: MIT
/*
 * Takes trace events out of the kernel as they come. Usage: pump FORM FROM TO
 *
 * FORM "text" reads a trace_pipe and writes it on, as cat does. "pages" moves
 * whole pages of a trace_pipe_raw, without a copy if both ends allow it, as
 * trace-cmd's recorder does; the kernel wakes it when the buffer is filled to
 * buffer_percent. TO is a file, a device, or "-" for standard output. On
 * SIGTERM it takes what is left, and ends.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "../program.h"

#define PIPE_BYTES	65536
#define PAGE_BYTES	4096

static volatile sig_atomic_t ending;

static void on_term(int number)
{
	(void)number;
	ending = 1;
}

static void write_all(int to, const char *from, size_t bytes)
{
	while (bytes > 0) {
		const ssize_t n = write(to, from, bytes);

		if (n < 0 && errno != EINTR)
			fail("write");
		if (n > 0) {
			from += n;
			bytes -= (size_t)n;
		}
	}
}

/* Empties the pipe into the target; if the target cannot splice, by write(2). */
static void pass_on(int pipe_end, int to, size_t bytes)
{
	static char buf[PIPE_BYTES];

	while (bytes > 0) {
		ssize_t n = splice(pipe_end, NULL, to, NULL, bytes, 0);

		if (n < 0 && errno == EINVAL) {
			n = read(pipe_end, buf, bytes < sizeof(buf) ? bytes : sizeof(buf));
			if (n > 0)
				write_all(to, buf, (size_t)n);
		}
		if (n < 0 && errno != EINTR)
			fail("splice to target");
		if (n > 0)
			bytes -= (size_t)n;
	}
}

/* Takes the rest. Pages stay whole: what a page does not hold yet is zero. */
static void take_rest(int from, int to, bool text)
{
	static char page[PAGE_BYTES];
	ssize_t n;

	fcntl(from, F_SETFL, O_NONBLOCK);
	while ((n = read(from, page, sizeof(page))) > 0) {
		memset(page + n, 0, sizeof(page) - (size_t)n);
		write_all(to, page, text ? (size_t)n : sizeof(page));
	}
	if (n < 0 && errno != EAGAIN)
		fail("rest");
}

static void pump_text(int from, int to)
{
	static char buf[PIPE_BYTES];

	while (!ending) {
		const ssize_t n = read(from, buf, sizeof(buf));

		if (n > 0)
			write_all(to, buf, (size_t)n);
		else if (n < 0 && errno != EINTR)
			fail("read");
	}
}

static void pump_pages(int from, int to)
{
	int ends[2];

	if (pipe(ends))
		fail("pipe");
	while (!ending) {
		const ssize_t n = splice(from, NULL, ends[1], NULL, PIPE_BYTES, 0);

		if (n > 0)
			pass_on(ends[0], to, (size_t)n);
		else if (n < 0 && errno != EINTR && errno != EAGAIN)
			fail("splice from the kernel");
	}
}

int main(int argc, char **argv)
{
	const struct sigaction action = { .sa_handler = on_term };
	int from, to;
	bool text;

	if (argc != 4)
		return 2;
	text = strcmp(argv[1], "text") == 0;
	sigaction(SIGTERM, &action, NULL);
	from = open(argv[2], O_RDONLY);
	if (from < 0)
		fail(argv[2]);
	to = strcmp(argv[3], "-") ? open(argv[3], O_WRONLY | O_CREAT, 0600) : 1;
	if (to < 0)
		fail(argv[3]);
	if (text)
		pump_text(from, to);
	else
		pump_pages(from, to);
	take_rest(from, to, text);
	fsync(to); /* not every target can */
	return 0;
}
