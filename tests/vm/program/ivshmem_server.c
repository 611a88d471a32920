// SPDX-License-Identifier: MIT
/*
 * Test only: as much of an ivshmem server as one QEMU needs for its doorbell
 * device. Usage: ivshmem_server SOCKET SHM_PATH BYTES. Protocol: QEMU's
 * docs/specs/ivshmem-spec.rst, "Server".
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static void die(const char *what)
{
	perror(what);
	exit(1);
}

/* One message: a number, and a descriptor unless @fd is negative. */
static void send_message(int to, int64_t number, int fd)
{
	char control[CMSG_SPACE(sizeof(int))] = "";
	struct iovec data = { &number, sizeof(number) };
	struct msghdr message = { .msg_iov = &data, .msg_iovlen = 1 };

	if (fd >= 0) {
		struct cmsghdr *c;

		message.msg_control = control;
		message.msg_controllen = sizeof(control);
		c = CMSG_FIRSTHDR(&message);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(c), &fd, sizeof(int));
	}
	if (sendmsg(to, &message, 0) != (ssize_t)sizeof(number))
		die("sendmsg");
}

int main(int argc, char **argv)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int listener, client, memory;
	char end;

	if (argc != 4)
		return 2;
	memory = open(argv[2], O_RDWR | O_CREAT, 0600);
	if (memory < 0 || ftruncate(memory, atol(argv[3])))
		die(argv[2]);
	snprintf(address.sun_path, sizeof(address.sun_path), "%s", argv[1]);
	listener = socket(AF_UNIX, SOCK_STREAM, 0);
	if (bind(listener, (struct sockaddr *)&address, sizeof(address)) || listen(listener, 1))
		die(argv[1]);
	puts("listening");
	fflush(stdout);
	client = accept(listener, NULL, NULL);
	if (client < 0)
		die("accept");
	send_message(client, 0, -1);			/* protocol version */
	send_message(client, 0, -1);			/* the client's id */
	send_message(client, -1, memory);
	send_message(client, 0, eventfd(0, 0));		/* its one vector */
	while (read(client, &end, 1) > 0)
		;
	return 0;
}
