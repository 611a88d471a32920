/* SPDX-License-Identifier: MIT */
/*
 * The known streams. Message n of a source on a CPU is the same here, in the
 * kernel and in user space, and in tests/vm/stream.ts.
 */
#ifndef STREAM_H
#define STREAM_H

#define STREAM_USER	0	/* /dev/ivring0 */
#define STREAM_TASK	1	/* ivring_write() in a task */
#define STREAM_TIMER	2	/* ... in a timer's hard interrupt */
#define STREAM_IRQ_WORK	3	/* ... in an irq_work, right behind it */
#define STREAM_SOURCES	4
#define STREAM_BYTES_MAX	32768

/* Returns the size of a message: most are short, some have the size of a block,
 * and some are written in parts. */
static inline unsigned int stream_bytes(unsigned int source, unsigned int n)
{
	unsigned int hash = n * 2654435761u >> 16;

	if (source <= STREAM_TASK && n % 997 == 500)
		return 20000 + hash % 5000;
	if (source <= STREAM_TASK && n % 97 == 50)
		return 2000 + hash % 2000;
	return 40 + hash % 300;
}

/* Writes a line: "<source letter><cpu> <n> <printable pattern>\n"; returns its bytes. */
static inline unsigned int stream_fill(char *buf, unsigned int cpu, unsigned int source,
				       unsigned int n)
{
	unsigned int bytes = stream_bytes(source, n), at, x;

	at = (unsigned int)snprintf(buf, 40, "%c%u %u ", 'A' + source, cpu, n);
	for (x = (n * 31 + cpu * 17 + source * 13) % 94; at < bytes - 1; at++) {
		buf[at] = (char)(33 + x);
		x = x + 7 < 94 ? x + 7 : x + 7 - 94;
	}
	buf[at] = '\n';
	return bytes;
}

#endif /* STREAM_H */
