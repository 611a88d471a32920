/* SPDX-License-Identifier: MIT */
/*
 * Stands for the kernel where a generated program prints events with the kernel's own
 * expressions. It follows what the kernel documents (printk-formats.rst) and what
 * trace_pipe prints, and shares nothing with the reader.
 *
 * Only this header is included by generated programs, whose names are the kernel's: it
 * includes nothing that defines more names than it has to.
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

/* The names that the kernel's print formats use. */

typedef int8_t s8, __s8;
typedef uint8_t u8, __u8;
typedef int16_t s16, __s16;
typedef uint16_t u16, __u16, __le16, __be16;
typedef int32_t s32, __s32;
typedef uint32_t u32, __u32, __le32, __be32;
typedef long long s64, __s64;
typedef unsigned long long u64, __u64, __le64, __be64;
#define bool _Bool
#define true 1
#define false 0
#define __force
#define __user
#define __maybe_unused

struct trace_print_flags {
	unsigned long mask;
	const char *name;
};

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
const char *kp_seconds(struct trace_seq *p, u64 ns);
void trace_seq_printf(struct trace_seq *p, const char *format, ...);
const char *trace_seq_buffer_ptr(struct trace_seq *p);

/* A table's values are unsigned longs, which have 64 bits here. */
#define __print_flags(value, delimiter, ...) ({					\
	const struct trace_print_flags_u64 kp_names[] = {				\
		__VA_ARGS__ __VA_OPT__(,) { -1, NULL } };				\
	kp_flags(p, delimiter, (unsigned long)(value), kp_names); })
#define __print_symbolic(value, ...) ({						\
	const struct trace_print_flags_u64 kp_names[] = {				\
		__VA_ARGS__ __VA_OPT__(,) { -1, NULL } };				\
	kp_symbolic(p, (unsigned long)(value), kp_names); })
#define __print_flags_u64	__print_flags
#define __print_symbolic_u64	__print_symbolic
#define __print_hex(at, count)		kp_hex(p, at, count, false)
#define __print_hex_str(at, count)	kp_hex(p, at, count, true)
#define __print_array(at, count, size)	kp_array(p, at, count, size)
#define __print_dynamic_array(field, size) \
	kp_array(p, __get_dynamic_array(field), \
		 __get_dynamic_array_len(field) / (size), size)
#define __print_hex_dump(prefix, kind, row, group, at, count, ascii) \
	kp_hex_dump(p, prefix, kind, row, group, at, count, ascii)
#define __print_ns_to_secs(value)	((u64)(value) / 1000000000ull)
#define __print_ns_without_secs(value)	((u32)((u64)(value) % 1000000000ull))
#define DUMP_PREFIX_NONE	0
#define DUMP_PREFIX_ADDRESS	1
#define DUMP_PREFIX_OFFSET	2

/* A dynamic field's word has its place in the low half, and its length in the high one. */
#define __get_dynamic_array(field) \
	((void *)((char *)REC + (REC->__data_loc_##field & 0xffff)))
#define __get_dynamic_array_len(field)	((REC->__data_loc_##field >> 16) & 0xffff)
#define __get_str(field)		((char *)__get_dynamic_array(field))
#define __get_sockaddr(field)		((struct sockaddr *)__get_dynamic_array(field))
#define __get_bitmask(field) \
	kp_bitmask(p, __get_dynamic_array(field), __get_dynamic_array_len(field))
#define __get_cpumask(field)		__get_bitmask(field)
/* A relative one counts from behind its word. */
#define __get_rel_dynamic_array(field) \
	((void *)((char *)(&REC->__rel_loc_##field + 1) + \
		  (REC->__rel_loc_##field & 0xffff)))
#define __get_rel_dynamic_array_len(field)	((REC->__rel_loc_##field >> 16) & 0xffff)
#define __get_rel_str(field)		((char *)__get_rel_dynamic_array(field))
#define __get_rel_sockaddr(field)	((struct sockaddr *)__get_rel_dynamic_array(field))
#define __get_rel_bitmask(field) \
	kp_bitmask(p, __get_rel_dynamic_array(field), __get_rel_dynamic_array_len(field))
#define __get_rel_cpumask(field)	__get_rel_bitmask(field)

/* Helpers whose whole meaning is in their names, or in the kernel's documents. */
#define __le16_to_cpup(at)	(*(const u16 *)(at))
#define __le32_to_cpup(at)	(*(const u32 *)(at))
#define __le64_to_cpup(at)	(*(const u64 *)(at))
#define str_yes_no(value)	((value) ? "yes" : "no")
#define str_on_off(value)	((value) ? "on" : "off")
#define str_enabled_disabled(value)	((value) ? "enabled" : "disabled")
/* A page table's entry is a structure of one number. */
#define native_make_pte(value)	(value)
#define native_make_pmd(value)	(value)
#define native_make_pud(value)	(value)
#define native_make_p4d(value)	(value)
#define native_make_pgd(value)	(value)
#define pte_val(entry)		(entry)
#define pmd_val(entry)		(entry)
#define pud_val(entry)		(entry)
#define p4d_val(entry)		(entry)
#define pgd_val(entry)		(entry)

#endif
