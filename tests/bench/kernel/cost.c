// SPDX-License-Identifier: MIT
/*
 * Measures what recording costs in the guest, from user space.
 *
 *   cost kernel NAME BYTES COUNT   by ivring_cost.ko; see there
 *   cost write PATH BYTES COUNT    write(2) to PATH, COUNT times
 *
 * Prints "ns=N", for all of them together.
 */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "../program.h"

#define BYTES_MAX	1024

static void by_kernel(const char *name, const char *bytes, const char *count)
{
	char text[64];
	const int fd = open("/dev/ivring_cost", O_RDWR);
	ssize_t n;

	if (fd < 0)
		fail("/dev/ivring_cost");
	snprintf(text, sizeof(text), "%s %s %s", name, bytes, count);
	if (write(fd, text, strlen(text)) < 0)
		fail(text);
	n = read(fd, text, sizeof(text));
	if (n <= 0 || write(1, text, (size_t)n) != n)
		fail("result");
}

static void by_write(const char *path, size_t bytes, unsigned int count)
{
	static char payload[BYTES_MAX];
	const int fd = open(path, O_WRONLY);
	uint64_t from;

	if (fd < 0)
		fail(path);
	memset(payload, 'x', sizeof(payload));
	payload[bytes - 1] = '\n';
	from = now_ns();
	for (unsigned int i = 0; i < count; i++)
		if (write(fd, payload, bytes) < 0)
			fail(path);
	printf("ns=%llu\n", (unsigned long long)(now_ns() - from));
}

int main(int argc, char **argv)
{
	if (argc != 5 || atoi(argv[3]) < 1 || atoi(argv[3]) > BYTES_MAX)
		return 2;
	if (strcmp(argv[1], "kernel") == 0)
		by_kernel(argv[2], argv[3], argv[4]);
	else
		by_write(argv[2], (size_t)atoi(argv[3]), (unsigned int)atoi(argv[4]));
	return 0;
}
