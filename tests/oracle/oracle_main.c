// SPDX-License-Identifier: MIT
/*
 * Prints records with the formats that it is linked with.
 *
 * It reads from standard input, for each record: the format's index, the length (both
 * u32) and the bytes. It writes, for each: what happened (KP_... or OUTCOME_...), the
 * text's length (both u32) and the text.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "kernel_print.h"

/* Undefined in C: a division by zero, or a shift by more bits than there are. */
#define OUTCOME_UNDEFINED	0x80000000u
/* An address was dereferenced which is one in the kernel. */
#define OUTCOME_DEREFERENCED	0x40000000u
#define RECORD_ROOM		(256 * 1024)
#define TEXT_BYTES		(64 * 1024)

extern const struct kp_format kp_formats[];

static unsigned char record[RECORD_ROOM] __attribute__((aligned(16)));
static char text[TEXT_BYTES];
static sigjmp_buf escape;

static void on_signal(int signal)
{
	siglongjmp(escape, signal);
}

static unsigned int print_record(const struct kp_format *format, struct kp_text *out)
{
	int signal = sigsetjmp(escape, 1);

	if (signal == SIGFPE || signal == SIGILL || signal == SIGTRAP)
		return OUTCOME_UNDEFINED;
	if (signal)
		return OUTCOME_DEREFERENCED;
	kp_scratch.text.length = 0;
	kp_record.events = 0;
	memset(kp_record.unknown, 0, sizeof(kp_record.unknown));
	format->print(out, &kp_scratch, record);
	return kp_record.events;
}

int main(void)
{
	static const int signals[] = { SIGFPE, SIGILL, SIGTRAP, SIGSEGV, SIGBUS };
	uint32_t head[2];

	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		signal(signals[i], on_signal);
	kp_record.bytes = record;
	kp_record.room = RECORD_ROOM;
	while (fread(head, sizeof(head), 1, stdin) == 1) {
		const struct kp_format *format = kp_formats;
		struct kp_text out = { text, TEXT_BYTES, 0 };

		memset(record, 0, RECORD_ROOM);
		if (head[1] > RECORD_ROOM || fread(record, 1, head[1], stdin) != head[1])
			return EXIT_FAILURE;
		kp_record.length = head[1];
		while (format->print && format->index != head[0])
			format++;
		if (!format->print)
			return EXIT_FAILURE;
		head[0] = print_record(format, &out);
		head[1] = (uint32_t)out.length;
		fwrite(head, sizeof(head), 1, stdout);
		fwrite(text, 1, out.length, stdout);
	}
	return EXIT_SUCCESS;
}
