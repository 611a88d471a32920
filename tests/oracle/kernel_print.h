/* SPDX-License-Identifier: MIT */
/*
 * Stands for the kernel where a generated program prints events with the kernel's own
 * expressions. It follows what the kernel documents (printk-formats.rst) and what
 * trace_pipe prints, and shares nothing with the reader.
 */
#ifndef KERNEL_PRINT_H
#define KERNEL_PRINT_H
#include <stddef.h>
#include <stdint.h>

/* What happened while a record was printed. */
#define KP_RAW_ADDRESS		0x01 /* %p: the kernel would print a hash */
#define KP_SYMBOL		0x02 /* %pS: the kernel would print a name */
#define KP_FOREIGN		0x04 /* what an address in the kernel's memory points to */
#define KP_UNKNOWN		0x08 /* an argument that only the kernel can compute */
#define KP_PAST_RECORD		0x10 /* bytes behind the record were read */
#define KP_BAD_FORMAT		0x20 /* a conversion that the kernel does not have */
#define KP_CONTROL		0x40 /* a %c that is not printable */

/* Stands in the text for what cannot be judged. */
#define KP_ANYTHING		0x01

struct kp_text {
	char *bytes;
	size_t size;
	size_t length;
};

struct trace_seq {
	struct kp_text text;
};

/* One record that is printed. */
struct kp_record {
	unsigned char *bytes;
	size_t length;
	size_t room;		/* readable bytes, of which those behind length are zero */
	unsigned int events;	/* KP_... */
	uint64_t unknown[2];	/* a bit for each argument that cannot be computed */
};

extern struct kp_record kp_record;
extern struct trace_seq kp_scratch;

/* Prints into a text as the kernel's vsnprintf does. */
void kp_print(struct kp_text *into, const char *format, ...);
void kp_vprint(struct kp_text *into, const char *format, __builtin_va_list args);
void kp_put(struct kp_text *into, char c);
void kp_puts(struct kp_text *into, const char *text);

/* Tells whether this program may read there, and notes it if not. */
_Bool kp_readable(const void *at, size_t count);

struct kp_spec {
	_Bool left, plus, space, special, zero;
	int width;		/* -1 if there is none */
	int precision;		/* -1 if there is none */
	unsigned int base;
	_Bool is_signed, small;
};

void kp_number(struct kp_text *into, unsigned long long value, struct kp_spec spec);
void kp_padded(struct kp_text *into, const char *text, size_t length,
	       const struct kp_spec *spec);
/* Prints what %p with these letters does. */
void kp_pointer(struct kp_text *into, const char *letters, const void *at,
		struct kp_spec spec);

/* The printing function of one format. */
struct kp_format {
	unsigned int index;
	void (*print)(struct kp_text *out, struct trace_seq *p, void *record);
};

/* The functions that the kernel's print formats call; p gets their texts. */

#define DUMP_PREFIX_NONE	0
#define DUMP_PREFIX_ADDRESS	1
#define DUMP_PREFIX_OFFSET	2

/* An entry of a table; an unsigned long has 64 bits, too. */
struct trace_print_flags_u64 {
	unsigned long long mask;
	const char *name;
};

const char *kp_flags(struct trace_seq *p, const char *delimiter, unsigned long long value,
		     const struct trace_print_flags_u64 *names);
const char *kp_symbolic(struct trace_seq *p, unsigned long long value,
			const struct trace_print_flags_u64 *names);
const char *kp_hex(struct trace_seq *p, const void *at, int count, _Bool concatenate);
const char *kp_array(struct trace_seq *p, const void *at, int count, size_t element);
const char *kp_hex_dump(struct trace_seq *p, const char *prefix, int kind, int row_size,
			int group_size, const void *at, size_t count, _Bool ascii);
const char *kp_bitmask(struct trace_seq *p, const void *at, unsigned int count);
void trace_seq_printf(struct trace_seq *p, const char *format, ...);
const char *trace_seq_buffer_ptr(struct trace_seq *p);

#endif
