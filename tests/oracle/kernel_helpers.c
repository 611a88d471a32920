// SPDX-License-Identifier: MIT
/* The functions that the kernel's print formats call, besides printf. */
#include <stdarg.h>
#include <string.h>
#include "kernel_print.h"

#define SCRATCH_BYTES	(1024 * 1024)
#define HEX_STEP	16

static char scratch_bytes[SCRATCH_BYTES];

/* Each call leaves its text here, behind those of the calls before it. */
struct trace_seq kp_scratch = { { scratch_bytes, SCRATCH_BYTES, 0 } };

const char *trace_seq_buffer_ptr(struct trace_seq *p)
{
	return p->text.bytes + p->text.length;
}

void trace_seq_printf(struct trace_seq *p, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	kp_vprint(&p->text, format, args);
	va_end(args);
}

const char *kp_flags(struct trace_seq *p, const char *delimiter, unsigned long long value,
		     const struct trace_print_flags_u64 *names)
{
	const char *start = trace_seq_buffer_ptr(p);
	_Bool first = 1;

	/* A flag counts if all its bits are there, so one of no bits does, too. */
	for (; names->name && value; names++) {
		if ((value & names->mask) != names->mask)
			continue;
		value &= ~names->mask;
		if (!first && delimiter)
			kp_puts(&p->text, delimiter);
		first = 0;
		kp_puts(&p->text, names->name);
	}
	if (value) {
		if (!first && delimiter)
			kp_puts(&p->text, delimiter);
		trace_seq_printf(p, "0x%llx", value);
	}
	kp_put(&p->text, 0);
	return start;
}

const char *kp_symbolic(struct trace_seq *p, unsigned long long value,
			const struct trace_print_flags_u64 *names)
{
	const char *start = trace_seq_buffer_ptr(p);

	while (names->name && names->mask != value)
		names++;
	/* The kernel takes an empty name for none. */
	if (names->name && names->name[0])
		kp_puts(&p->text, names->name);
	else
		trace_seq_printf(p, "0x%llx", value);
	kp_put(&p->text, 0);
	return start;
}

const char *kp_hex(struct trace_seq *p, const void *at, int count, _Bool concatenate)
{
	const char *start = trace_seq_buffer_ptr(p);

	for (int i = 0; i < count; i += HEX_STEP) {
		int here = count - i < HEX_STEP ? count - i : HEX_STEP;

		if (!concatenate && i > 0)
			kp_put(&p->text, ' ');
		trace_seq_printf(p, concatenate ? "%*phN" : "%*ph", here,
				 (const char *)at + i);
	}
	kp_put(&p->text, 0);
	return start;
}

const char *kp_array(struct trace_seq *p, const void *at, int count, size_t element)
{
	const char *start = trace_seq_buffer_ptr(p);
	const unsigned char *bytes = at;

	kp_put(&p->text, '{');
	for (int i = 0; i < count; i++) {
		unsigned long long value = 0;

		if (i > 0)
			kp_put(&p->text, ',');
		if (!kp_readable(bytes + i * element, element)) {
			kp_put(&p->text, KP_ANYTHING);
			break;
		}
		memcpy(&value, bytes + i * element, element);
		trace_seq_printf(p, "0x%llx", value);
	}
	kp_put(&p->text, '}');
	kp_put(&p->text, 0);
	return start;
}

static void dump_row(struct trace_seq *p, const unsigned char *at, int count, int group,
		     int row_size, _Bool ascii)
{
	size_t column = p->text.length;

	if ((group != 2 && group != 4 && group != 8) || count % group)
		group = 1;
	for (int i = 0; i < count; i += group) {
		unsigned long long value = 0;

		memcpy(&value, at + i, group);
		trace_seq_printf(p, i ? " %0*llx" : "%0*llx", group * 2, value);
	}
	if (!ascii)
		return;
	column += (size_t)(row_size * 2 + row_size / group + 1);
	while (p->text.length < column)
		kp_put(&p->text, ' ');
	for (int i = 0; i < count; i++)
		kp_put(&p->text, at[i] >= 0x20 && at[i] < 0x7f ? (char)at[i] : '.');
}

const char *kp_hex_dump(struct trace_seq *p, const char *prefix, int kind, int row_size,
			int group_size, const void *at, size_t count, _Bool ascii)
{
	const char *start = trace_seq_buffer_ptr(p);

	if (row_size != 16 && row_size != 32)
		row_size = 16;
	kp_put(&p->text, '\n');
	for (size_t i = 0; i < count; i += row_size) {
		size_t here = count - i < (size_t)row_size ? count - i : (size_t)row_size;
		const unsigned char *row = (const unsigned char *)at + i;

		kp_puts(&p->text, prefix);
		if (kind == DUMP_PREFIX_ADDRESS)
			trace_seq_printf(p, "%p: ", row);
		else if (kind == DUMP_PREFIX_OFFSET)
			trace_seq_printf(p, "%.8x: ", (unsigned int)i);
		if (!kp_readable(row, here)) {
			kp_put(&p->text, KP_ANYTHING);
			break;
		}
		dump_row(p, row, (int)here, group_size, row_size, ascii);
		kp_put(&p->text, '\n');
	}
	kp_put(&p->text, 0);
	return start;
}

const char *kp_bitmask(struct trace_seq *p, const void *at, unsigned int count)
{
	const char *start = trace_seq_buffer_ptr(p);

	trace_seq_printf(p, "%*pb", (int)count * 8, at);
	kp_put(&p->text, 0);
	return start;
}
