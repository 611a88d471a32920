// SPDX-License-Identifier: MIT
/*
 * Prints as the kernel's vsnprintf does, which is not quite what C's does: a precision
 * adds digits without switching off the padding with zeros, "%#x" of 0 is "0x0", and a
 * negative precision is 0.
 */
#include <ctype.h>
#include <stdarg.h>
#include <string.h>
#include "kernel_print.h"

/* The kernel's bounds of a width and of a precision. */
#define WIDTH_MAX	((1 << 23) - 1)
#define PRECISION_MAX	((1 << 15) - 1)
#define ARGUMENTS_MAX	128
/* The kernel takes addresses in the first page, and errors, for no addresses. */
#define FIRST_PAGE	4096u
#define ERRORS		((uintptr_t)4095)
/* How far from here the stack of this program is taken to reach. */
#define STACK_BYTES	(1024 * 1024)

struct kp_record kp_record;

void kp_put(struct kp_text *into, char c)
{
	if (into->length < into->size)
		into->bytes[into->length++] = c;
}

static void repeat(struct kp_text *into, char c, int count)
{
	while (count-- > 0)
		kp_put(into, c);
}

void kp_puts(struct kp_text *into, const char *text)
{
	while (*text)
		kp_put(into, *text++);
}

static _Bool between(uintptr_t at, const void *start, const void *end)
{
	return at >= (uintptr_t)start && at < (uintptr_t)end;
}

_Bool kp_readable(const void *at, size_t count)
{
	extern char __executable_start, _end;
	const unsigned char *record = kp_record.bytes;
	char *here = __builtin_frame_address(0);

	if (between((uintptr_t)at, record, record + kp_record.room)) {
		size_t offset = (const unsigned char *)at - record;

		if (count > kp_record.room - offset) {
			kp_record.events |= KP_FOREIGN;
			return 0;
		}
		if (offset + count > kp_record.length)
			kp_record.events |= KP_PAST_RECORD;
		return 1;
	}
	if (between((uintptr_t)at, &__executable_start, &_end) ||
	    between((uintptr_t)at, here - STACK_BYTES, here + STACK_BYTES))
		return 1;
	kp_record.events |= KP_FOREIGN;
	return 0;
}

void kp_padded(struct kp_text *into, const char *text, size_t length,
	       const struct kp_spec *spec)
{
	int blanks = spec->width > (int)length ? spec->width - (int)length : 0;

	if (!spec->left)
		repeat(into, ' ', blanks);
	while (length--)
		kp_put(into, *text++);
	if (spec->left)
		repeat(into, ' ', blanks);
}

void kp_number(struct kp_text *into, unsigned long long value, struct kp_spec spec)
{
	static const char capitals[] = "0123456789ABCDEF";
	static const char smalls[] = "0123456789abcdef";
	char digits[24];
	int count = 0, zeros, blanks, prefix = 0;
	char sign = 0;
	_Bool nothing = value == 0;

	if (spec.is_signed) {
		if ((long long)value < 0) {
			sign = '-';
			value = -value;
		} else if (spec.plus) {
			sign = '+';
		} else if (spec.space) {
			sign = ' ';
		}
	}
	if (spec.special && spec.base == 16)
		prefix = 2;
	else if (spec.special && spec.base == 8 && !nothing)
		prefix = 1;
	do {
		digits[count++] = (spec.small ? smalls : capitals)[value % spec.base];
		value /= spec.base;
	} while (value);
	zeros = spec.precision > count ? spec.precision - count : 0;
	blanks = spec.width - (sign != 0) - prefix - zeros - count;
	if (!spec.left && !spec.zero)
		repeat(into, ' ', blanks);
	if (sign)
		kp_put(into, sign);
	if (prefix) {
		kp_put(into, '0');
		if (prefix == 2)
			kp_put(into, spec.small ? 'x' : 'X');
	}
	if (!spec.left && spec.zero)
		repeat(into, '0', blanks);
	repeat(into, '0', zeros);
	while (count)
		kp_put(into, digits[--count]);
	if (spec.left)
		repeat(into, ' ', blanks);
}

static void print_text(struct kp_text *into, const char *text, struct kp_spec spec)
{
	uintptr_t at = (uintptr_t)text;
	size_t most = spec.precision < 0 ? SIZE_MAX : (size_t)spec.precision;
	size_t length = 0;

	if (at >= FIRST_PAGE && at < -ERRORS) {
		while (length < most) {
			if (!kp_readable(text + length, 1)) {
				kp_put(into, KP_ANYTHING);
				return;
			}
			if (!text[length])
				break;
			length++;
		}
	} else if (most > 0) {
		/* The kernel warns instead of printing what such an address points to. */
		kp_record.events |= KP_FOREIGN;
		kp_put(into, KP_ANYTHING);
		return;
	}
	kp_padded(into, text, length, &spec);
}

static void print_char(struct kp_text *into, int c, const struct kp_spec *spec)
{
	unsigned char byte = (unsigned char)c;

	if (byte < ' ' || byte > '~') {
		kp_record.events |= KP_CONTROL;
		byte = '?';
	}
	if (!spec->left)
		repeat(into, ' ', spec->width - 1);
	kp_put(into, (char)byte);
	if (spec->left)
		repeat(into, ' ', spec->width - 1);
}

static int number_at(const char **at)
{
	long long value = 0;

	while (isdigit((unsigned char)**at)) {
		value = value * 10 + *(*at)++ - '0';
		if (value > WIDTH_MAX)
			value = WIDTH_MAX;
	}
	return (int)value;
}

/* Tells whether the next argument is one that cannot be computed. */
static _Bool next_is_unknown(unsigned int *next, _Bool top)
{
	unsigned int i = (*next)++;

	return top && i < ARGUMENTS_MAX && kp_record.unknown[i / 64] >> i % 64 & 1;
}

/* The next argument, cut as the length letter says: 'H' is hh, 'L' is ll. */
static unsigned long long integer(va_list *args, char length, _Bool is_signed)
{
	long long value;

	switch (length) {
	case 'L':
	case 'l':
	case 'z':
	case 't':
		return va_arg(*args, unsigned long long);
	case 'H':
		value = va_arg(*args, int);
		return is_signed ? (long long)(signed char)value : (unsigned char)value;
	case 'h':
		value = va_arg(*args, int);
		return is_signed ? (long long)(short)value : (unsigned short)value;
	default:
		value = va_arg(*args, int);
		return is_signed ? value : (unsigned int)value;
	}
}

static const char *read_flags(const char *at, struct kp_spec *spec)
{
	for (;; at++) {
		switch (*at) {
		case '-':
			spec->left = 1;
			break;
		case '+':
			spec->plus = 1;
			break;
		case ' ':
			spec->space = 1;
			break;
		case '#':
			spec->special = 1;
			break;
		case '0':
			spec->zero = 1;
			break;
		default:
			return at;
		}
	}
}

/* Reads a width, a precision and a length. */
static const char *read_sizes(const char *at, struct kp_spec *spec, char *length,
			      va_list *args, unsigned int *next)
{
	if (isdigit((unsigned char)*at)) {
		spec->width = number_at(&at);
	} else if (*at == '*') {
		long long width = va_arg(*args, int);

		at++;
		++*next;
		if (width < 0) {
			width = -width;
			spec->left = 1;
		}
		spec->width = width > WIDTH_MAX ? WIDTH_MAX : (int)width;
	}
	if (*at == '.') {
		at++;
		if (isdigit((unsigned char)*at)) {
			spec->precision = number_at(&at);
		} else if (*at == '*') {
			int precision = va_arg(*args, int);

			at++;
			++*next;
			spec->precision = precision < 0 ? 0 : precision;
		}
		if (spec->precision > PRECISION_MAX)
			spec->precision = PRECISION_MAX;
	}
	if (*at == 'h' || *at == 'l' || *at == 'L' || *at == 'z' || *at == 't') {
		*length = *at++;
		if (*at == *length) {
			*length = *length == 'h' ? 'H' : 'L';
			at++;
		}
	}
	return at;
}

static _Bool set_base(char letter, struct kp_spec *spec)
{
	switch (letter) {
	case 'x':
		spec->small = 1;
		/* fall through */
	case 'X':
		spec->base = 16;
		return 1;
	case 'o':
		spec->base = 8;
		return 1;
	case 'd':
	case 'i':
		spec->is_signed = 1;
		return 1;
	case 'u':
		return 1;
	default:
		return 0;
	}
}

/* Top formats are those of events, whose arguments may be unknown. */
static void print(struct kp_text *into, const char *at, va_list *args, _Bool top)
{
	unsigned int next = 0;

	while (*at) {
		struct kp_spec spec = { .width = -1, .precision = -1, .base = 10 };
		char length = 0;
		_Bool unknown;
		const char *start = at;

		if (*at != '%') {
			kp_put(into, *at++);
			continue;
		}
		at = read_flags(at + 1, &spec);
		at = read_sizes(at, &spec, &length, args, &next);
		if (*at == '%') {
			kp_put(into, *at++);
			continue;
		}
		if (*at != 'c' && *at != 's' && *at != 'p' && !set_base(*at, &spec)) {
			/* The kernel warns, and prints the rest as it stands. */
			kp_record.events |= KP_BAD_FORMAT;
			kp_puts(into, start);
			return;
		}
		unknown = next_is_unknown(&next, top);
		if (*at == 'p') {
			const void *pointer = va_arg(*args, void *);

			at++;
			if (unknown)
				kp_put(into, KP_ANYTHING);
			else
				kp_pointer(into, at, pointer, spec);
			while (isalnum((unsigned char)*at))
				at++;
		} else if (unknown) {
			(void)va_arg(*args, long);
			kp_put(into, KP_ANYTHING);
			at++;
		} else if (*at == 's') {
			print_text(into, va_arg(*args, char *), spec);
			at++;
		} else if (*at == 'c') {
			print_char(into, va_arg(*args, int), &spec);
			at++;
		} else {
			kp_number(into, integer(args, length, spec.is_signed), spec);
			at++;
		}
	}
}

void kp_print(struct kp_text *into, const char *format, ...)
{
	va_list args;

	if (kp_record.unknown[0] || kp_record.unknown[1])
		kp_record.events |= KP_UNKNOWN;
	va_start(args, format);
	print(into, format, &args, 1);
	va_end(args);
}

void kp_vprint(struct kp_text *into, const char *format, va_list args)
{
	va_list copy;

	va_copy(copy, args);
	print(into, format, &copy, 0);
	va_end(copy);
}
